"""What runs inside the sandbox: the zygote, and the processes it forks.

Standard library only, relative imports only: the sandbox sees this folder and Python, no more.
Of these modules the host imports `plain` alone.
"""
