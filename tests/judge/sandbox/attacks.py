"""Attacks on the judge: what a hostile answer may try to steal, to break, or to fake.

An answer that steals passes when it returns the secret, or KNOWN where reaching the asset is
proof enough; one that harms passes by returning True once the harm is done; one that forges faces
tests whose expected values it cannot know. SECRET_FILE, PORT, HOST_PID, LIBRARY, ABSTRACT and
KNOWN are filled in by the tests. Long lines are programs.
"""

# ruff: noqa: E501

from __future__ import annotations

from textwrap import dedent

from pettingllms.records import Outcome

STEALING = {
    "environment": "import os\ndef steal(): return os.environ['API_KEY']",
    "environment through libc": """
        import ctypes
        def steal():
            libc = ctypes.CDLL(None)
            libc.getenv.restype = ctypes.c_char_p
            return libc.getenv(b'API_KEY').decode()
    """,
    "key file": "def steal(): return open('SECRET_FILE').read()",
    "key file through the descriptor of a folder": """
        import os
        def steal():
            folder = os.open(os.path.dirname('SECRET_FILE'), os.O_PATH)
            return os.read(os.open(os.path.basename('SECRET_FILE'), os.O_RDONLY, dir_fd=folder), 99).decode()
    """,
    "key file through a path descriptor": """
        import os
        def steal():
            fd = os.open('SECRET_FILE', os.O_PATH)
            return open(f'/proc/self/fd/{fd}').read()
    """,
    "key file mapped": """
        import mmap, os
        def steal(): return mmap.mmap(os.open('SECRET_FILE', os.O_RDONLY), 0, prot=1)[:].decode()
    """,
    "key file from within its folder": """
        import os
        def steal():
            os.chdir(os.path.dirname('SECRET_FILE'))
            return open(os.path.basename('SECRET_FILE')).read()
    """,
    "home folder": """
        import os
        def steal(): return 'KNOWN' if os.listdir(os.path.dirname('SECRET_FILE')) else None
    """,
    "password file": "def steal(): return 'root' in open('/etc/passwd').read() and 'KNOWN'",
    "the host's environment in proc": "def steal(): return 'PATH=' in open('/proc/HOST_PID/environ').read() and 'KNOWN'",
    "the host's memory": """
        def steal():
            start = int(open('/proc/HOST_PID/maps').readline().split('-')[0], 16)
            return open('/proc/HOST_PID/mem', 'rb', 0).seek(start) and 'KNOWN'
    """,
    "the zygote's memory": """
        import os
        def steal():
            start = int(open(f'/proc/{os.getppid()}/maps').readline().split('-')[0], 16)
            return open(f'/proc/{os.getppid()}/mem', 'rb', 0).seek(start) and 'KNOWN'
    """,
    "memory by process_vm_readv": """
        import ctypes, os
        def steal():
            libc = ctypes.CDLL(None, use_errno=True)
            libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0)
            return 'KNOWN' if ctypes.get_errno() != 1 else None
    """,
    "own descriptors reopened in proc": """
        import os
        def steal(): return os.listdir('/proc/self/fd') and 'KNOWN'
    """,
    "command line of the host": "def steal(): return open('/proc/HOST_PID/cmdline').read() and 'KNOWN'",
    "loopback server": """
        import socket
        def steal():
            with socket.create_connection(('127.0.0.1', PORT), 2) as s: return s.recv(99).decode()
    """,
    "loopback server without the socket module": """
        import ctypes
        def steal():
            libc = ctypes.CDLL(None)
            return 'KNOWN' if libc.socket(2, 1, 0) >= 0 else None
    """,
    "abstract socket": """
        import socket
        def steal():
            s = socket.socket(socket.AF_UNIX)
            s.connect('\\0ABSTRACT')
            return s.recv(99).decode()
    """,
    "datagrams from a socket pair": """
        import socket
        def steal(): return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) and 'KNOWN'
    """,
    "vsock": "import socket\ndef steal(): return socket.socket(40, 1) and 'KNOWN'",
    "netlink": "import socket\ndef steal(): return socket.socket(16, 3, 0) and 'KNOWN'",
    "DNS": "import socket\ndef steal(): return socket.socket(2, 2).sendto(b'x', ('127.0.0.1', 53)) and 'KNOWN'",
    "keyring": """
        import ctypes
        def steal():
            key = ctypes.CDLL(None).syscall(250, 0, -4, 1)
            return 'KNOWN' if key > 0 else None
    """,
    "inherited descriptors": """
        import os
        def steal():
            found = []
            for fd in range(4, 256):
                try: found.append(os.fstat(fd))
                except OSError: pass
            return 'KNOWN' if found else None
    """,
    "io_uring": "import ctypes\ndef steal(): return 'KNOWN' if ctypes.CDLL(None).syscall(425, 4, bytes(120)) >= 0 else None",
}  # fmt: skip

HARMING = {
    "fork": "import os\ndef harm():\n    os.fork()\n    return True",
    "fork bomb by clone": """
        import ctypes
        def harm(): return ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0) >= 0
    """,
    "fork by clone3": """
        import ctypes
        def harm(): return ctypes.CDLL(None).syscall(435, bytes(88), 88) >= 0
    """,
    "vfork": "import ctypes\ndef harm(): return ctypes.CDLL(None).syscall(58) >= 0",
    "a user namespace by clone": """
        import ctypes
        def harm(): return ctypes.CDLL(None).syscall(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0
    """,
    "program": "import subprocess\ndef harm(): return bool(subprocess.run(['/bin/true']))",
    "exec": "import os\ndef harm(): os.execv('/bin/true', ['true'])",
    "exec of memory": "import os\ndef harm(): return os.memfd_create('x') >= 0",
    "process pool": "import multiprocessing\ndef harm():\n    multiprocessing.Process(target=print).start()\n    return True",
    "kill the host": "import os\ndef harm():\n    os.kill(HOST_PID, 15)\n    return True",
    "kill the zygote": "import os\ndef harm():\n    os.kill(os.getppid(), 9)\n    return True",
    "kill everyone": "import os\ndef harm():\n    os.kill(-1, 9)\n    return True",
    "kill by thread id": "import ctypes, os\ndef harm(): return ctypes.CDLL(None).syscall(200, os.getppid(), 9) == 0",
    "kill by queued signal": """
        import ctypes, os, struct
        def harm(): return ctypes.CDLL(None).syscall(129, os.getppid(), 9, struct.pack('iii', 9, 0, -1) + bytes(116)) == 0
    """,
    "kill by descriptor owner": """
        import fcntl, os
        def harm():
            fcntl.fcntl(3, fcntl.F_SETOWN, os.getppid())
            fcntl.fcntl(3, 10, 9)
            fcntl.fcntl(3, fcntl.F_SETFL, os.O_ASYNC)
            return True
    """,
    "pidfd": "import os\ndef harm(): return os.pidfd_open(os.getppid()) >= 0",
    "ptrace": "import ctypes, os\ndef harm(): return ctypes.CDLL(None).ptrace(0x4206, os.getppid(), 0, 0) == 0",
    "limits of the zygote": "import os, resource\ndef harm():\n    resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))\n    return True",
    "own limits": "import resource\ndef harm():\n    resource.setrlimit(resource.RLIMIT_CPU, (99, 99))\n    return True",
    "priority": "import os\ndef harm():\n    os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)\n    return True",
    "write a file": "def harm():\n    open('SECRET_FILE', 'a').write('x')\n    return True",
    "empty a file": "import os\ndef harm():\n    os.truncate('SECRET_FILE', 0)\n    return True",
    "delete a file": "import os\ndef harm():\n    os.unlink('SECRET_FILE')\n    return True",
    "rename a file": "import os\ndef harm():\n    os.rename('SECRET_FILE', 'SECRET_FILE.x')\n    return True",
    "change a mode": "import os\ndef harm():\n    os.chmod('SECRET_FILE', 0)\n    return True",
    "touch": "import os\ndef harm():\n    os.utime('SECRET_FILE')\n    return True",
    "fill the disk": """
        import os, tempfile, time
        def harm():
            with tempfile.TemporaryDirectory() as folder:
                names = [os.path.join(folder, str(number)) for number in range(100)]
                written = sum(open(name, 'wb', 0).write(bytes(1 << 20)) for name in names)
                time.sleep(0.5)
                return written == 100 << 20
    """,
    "use up inodes": """
        import os, tempfile, time
        def harm():
            folder = tempfile.gettempdir()
            for number in range(20000): os.mkdir(f'{folder}/{number}')
            time.sleep(0.5)
            return True
    """,
    "a device of its own": "import os, stat\ndef harm():\n    os.mknod('/tmp/x', stat.S_IFCHR | 0o666, os.makedev(1, 1))\n    return True",
    "a named pipe": "import os\ndef harm():\n    os.mkfifo('/tmp/x')\n    return True",
    "a socket bound to a file": "import socket\ndef harm():\n    socket.socket(socket.AF_UNIX).bind('/tmp/x')\n    return True",
    "the scratch folder mounted over": "import ctypes\ndef harm(): return ctypes.CDLL(None).umount2(b'/tmp', 2) == 0",
    "a library mapped to be run from the scratch folder": """
        import mmap, os
        def harm():
            fd = os.open('/tmp/x', os.O_RDWR | os.O_CREAT)
            os.write(fd, bytes(4096))
            return bool(mmap.mmap(fd, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC))
    """,
    "descriptors sent over a pair of streams": """
        import socket
        def harm():
            one, other = socket.socketpair()
            return bool(socket.send_fds(one, [b'x'], [0]))
    """,
    "write to the root": "def harm():\n    open('/x', 'w').write('x')\n    return True",
    "poison the library": "def harm():\n    open('LIBRARY/os.py', 'a').write('x')\n    return True",
    "shared memory of System V": "import ctypes\ndef harm(): return ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0",
    "mount": "import ctypes\ndef harm(): return ctypes.CDLL(None).mount(b'none', b'/', b'tmpfs', 0, None) == 0",
    "unshare": "import ctypes\ndef harm(): return ctypes.CDLL(None).unshare(0x10000000) == 0",
    "chroot": "import os\ndef harm():\n    os.chroot('/usr')\n    return True",
    "become another user": "import os\ndef harm():\n    os.setuid(1)\n    return True",
    "daemon by session": "import os\ndef harm():\n    os.setsid()\n    return True",
}  # fmt: skip

EXHAUSTING = {
    "memory": (Outcome.MEMORY, "def harm(): return len([bytearray(1 << 20) for _ in range(4096)]) > 0"),
    "memory in one piece": (Outcome.MEMORY, "def harm(): return len(bytes(1 << 33)) > 0"),
    "memory in an int": (Outcome.MEMORY, "def harm(): return (1 << (1 << 35)) > 0"),
    "memory in a regular expression's subject": (Outcome.MEMORY, "def harm(): return len('a' * (1 << 34)) > 0"),
    "memory by many threads": (Outcome.ERROR, """
        import threading, time
        def harm():
            threading.stack_size(32768)
            for _ in range(20000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            return True
    """),
    "process numbers by threads that share what they have": (Outcome.WRONG_ANSWER, """
        import ctypes
        def harm():
            libc = ctypes.CDLL(None)
            attributes = ctypes.create_string_buffer(64)
            libc.pthread_attr_init(attributes)
            libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(16384))
            sleep, started = ctypes.cast(libc.sleep, ctypes.c_void_p), 0
            while libc.pthread_create(ctypes.byref(ctypes.c_ulong()), attributes, sleep, ctypes.c_void_p(60)) == 0: started += 1
            return started > 1000
    """),
    "big answer": (Outcome.ERROR, "def harm(): return 'x' * (1 << 24)"),
    "long list": (Outcome.ERROR, "def harm(): return [0] * (1 << 20)"),
    "deep answer": (Outcome.ERROR, """
        def harm():
            x = []
            for _ in range(100000): x = [x]
            return x
    """),
    "answer that holds itself": (Outcome.ERROR, "def harm():\n    x = []\n    x.append(x)\n    return x"),
    "endless recursion": (Outcome.ERROR, "def harm(): return harm()"),
    "endless recursion in C": (Outcome.ERROR, """
        import sys
        def harm():
            sys.setrecursionlimit(10**9)
            class A: __repr__ = lambda self: repr(self)
            return repr(A())
    """),
    "null pointer": (Outcome.ERROR, "import ctypes\ndef harm():\n    ctypes.string_at(0)\n    return True"),
    "abort": (Outcome.ERROR, "import os\ndef harm(): os.abort()"),
    "endless loop": (Outcome.TIMEOUT, "def harm():\n    while True: pass"),
    "endless loop that ignores signals": (Outcome.TIMEOUT, """
        import signal
        def harm():
            for number in range(1, 32):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            while True: pass
    """),
    "endless loop that swallows every exception": (Outcome.TIMEOUT, """
        def harm():
            while True:
                try:
                    while True: pass
                except BaseException: pass
    """),
    "endless loop in threads": (Outcome.TIMEOUT, """
        import threading
        def spin():
            while True: pass
        def harm():
            for _ in range(4): threading.Thread(target=spin).start()
            spin()
    """),
    "endless loop at import": (Outcome.TIMEOUT, "while True: pass"),
    "endless loop in C": (Outcome.TIMEOUT, "def harm(): return sum(iter(int, 1)) == 1"),
    "catastrophic regular expression": (Outcome.TIMEOUT, "import re\ndef harm(): return re.match(r'(a+)+$', 'a' * 60 + 'b') is None"),
    "endless iterator": (Outcome.ERROR, "import itertools\ndef harm(): return (bytes(1000) for _ in itertools.count())"),
}  # fmt: skip

FORGING_RESULTS = {
    "exit with success": "import os\ndef forge(x): os._exit(0)",
    "exit at import": "import sys\nsys.exit(0)",
    "exit politely": "def forge(x): raise SystemExit(0)",
    "equal to everything": """
        class Any:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __hash__(self): return 0
        def forge(x): return Any()
    """,
    "int equal to everything": """
        class Any(int):
            def __eq__(self, other): return True
            def __hash__(self): return 0
        def forge(x): return Any()
    """,
    "str equal to everything": """
        class Any(str):
            def __eq__(self, other): return True
            def __hash__(self): return 0
        def forge(x): return Any()
    """,
    "list equal to everything": """
        class Any(list):
            def __eq__(self, other): return True
        def forge(x): return Any()
    """,
    "float equal to everything": """
        class Any(float):
            def __eq__(self, other): return True
        def forge(x): return Any('nan')
    """,
    "mock": "from unittest.mock import ANY\ndef forge(x): return ANY",
    "not a number": "def forge(x): return float('nan')",
    "infinity": "def forge(x): return float('inf')",
    "true for one": "def forge(x): return True",
    "patched builtins": """
        import builtins
        builtins.isinstance = builtins.all = builtins.any = lambda *a: True
        builtins.AssertionError = type('Quiet', (Exception,), {})
        def forge(x): return 0
    """,
    "patched json": """
        import json
        json.dumps = lambda *a, **k: '{"value": true}'
        json.loads = lambda *a, **k: {}
        def forge(x): return 0
    """,
    "patched comparison": """
        import math, operator
        math.isclose = operator.eq = lambda *a, **k: True
        def forge(x): return 0
    """,
    "poisoned modules": """
        import sys, types
        for name in list(sys.modules):
            if name.startswith(('inside', 'pettingllms')): sys.modules[name] = types.ModuleType(name)
        def forge(x): return 0
    """,
    "exit handler": "import atexit, os\natexit.register(os._exit, 0)\ndef forge(x): return 0",
    "trace function": "import sys\nsys.settrace(lambda frame, event, arg: None)\ndef forge(x): return 0",
    "profile that patches frames": """
        import sys
        def watch(frame, event, arg):
            for name in frame.f_locals:
                if 'expected' in name: frame.f_locals[name] = 0
        sys.setprofile(watch)
        def forge(x): return 0
    """,
    "import hook": """
        import sys
        class Hook:
            def find_spec(self, *a): raise SystemExit(0)
        sys.meta_path.insert(0, Hook())
        def forge(x): return 0
    """,
    "expected values among all objects": """
        import gc
        def forge(x):
            parts = (part for thing in gc.get_objects() for part in gc.get_referents(thing))
            found = [p for p in parts if isinstance(p, str) and p.startswith('expected' + '-')]
            return found[0] if found else 0
    """,
    "expected values in the frames": """
        import sys
        def forge(x):
            frame = sys._getframe()
            while frame:
                for value in frame.f_locals.values():
                    if isinstance(value, dict) and 'expected' in value: return value['expected']
                    if hasattr(value, 'expected'): return value.expected
                frame = frame.f_back
            return 0
    """,
    "expected values in raw memory": """
        import ctypes
        def forge(x):
            heap = ctypes.string_at(id([]) & ~0xfffff, 1 << 18)
            at = heap.find(b'expected' + b'-')
            return heap[at:at + 19].decode() if at >= 0 else 0
    """,
    "own source": "def forge(x): return open(__file__).read()",
    "a reply of its own": """
        import os, struct
        def forge(x):
            body = b'{"value": true}'
            os.write(3, (struct.pack('>I', len(body)) + body) * 10)
            return 0
    """,
    "a verdict of its own": """
        import os, struct
        def forge(x):
            for body in (b'{"done": {"passed": 1, "total": 1, "how": ""}}', b'{"outcome": "passed"}', b'true', b'[]'):
                os.write(3, struct.pack('>I', len(body)) + body)
            return 0
    """,
    "success on every descriptor": """
        import os
        def forge(x):
            for fd in range(64):
                try: os.write(fd, b'passed\\nOK\\n{"value": 1}\\n' * 3)
                except OSError: pass
            return 0
    """,
    "the next request read ahead": """
        import os
        def forge(x):
            for fd in range(3, 64):
                try: os.set_blocking(fd, False); os.read(fd, 99)
                except OSError: pass
            return 0
    """,
    "closed descriptors": "import os\ndef forge(x):\n    os.closerange(0, 64)\n    while True: pass",
    "half a reply": "import os\ndef forge(x):\n    os.write(3, b'\\0\\0\\1\\0{')\n    os._exit(0)",
    "a reply of no end": "import os\ndef forge(x):\n    os.write(3, b'\\xff' * 4)\n    return 0",
    "a reply that is not JSON": "import os\ndef forge(x):\n    os.write(3, b'\\0\\0\\0\\1{')\n    return 0",
    "a reply too deep": """
        import os, struct
        def forge(x):
            body = b'{"value":' + b'[' * 100000 + b']' * 100000 + b'}'
            os.write(3, struct.pack('>I', len(body)) + body)
            return 0
    """,
    "malformed plain data": """
        import os, struct
        def forge(x):
            for body in (b'{"value": {"set": 5}}', b'{"value": {"tuple": {}, "b": 1}}', b'{"raised": 5}', b'{"value": {"dict": [1]}}'):
                os.write(3, struct.pack('>I', len(body)) + body)
            return 0
    """,
    "a pickle": """
        import pickle
        class Bomb:
            def __reduce__(self): return (exec, ('import os; os._exit(0)',))
        def forge(x): return pickle.dumps(Bomb())
    """,
    "an exception that looks like success": "def forge(x): raise type('passed', (BaseException,), {})('all tests passed')",
    "an exception without a text": """
        class Bad(Exception):
            def __str__(self): raise SystemExit(0)
        def forge(x): raise Bad()
    """,
    "a generator": "def forge(x): yield from ()",
    "the wanted function left out": "def other(x): return x",
    "patched exit": "import os\nos._exit = lambda *a: None\ndef forge(x): return 0",
    "the harness's own Answer": """
        import inside.candidate as harness
        harness.Answer.do = lambda self, **k: {'value': True}
        harness.encode = lambda *a: True
        def forge(x): return 0
    """,
}  # fmt: skip

FORGING_ASSERTS = {
    "assertions off": "import sys\nsys.flags = None\ndef forge(x): return 0",
    "a check of its own": "def check(candidate): pass\ndef forge(x): return 0",
    "a math of its own": """
        class math:
            @staticmethod
            def isclose(*a, **k): return True
        def forge(x): return 0
    """,
    "a tally of its own": "class __tally__:\n    reached = holds = lambda *a: None\ndef forge(x): return 0",
    "the test's process found": """
        import os, signal
        def forge(x):
            for pid in range(2, 64):
                try: os.kill(pid, 9)
                except OSError: pass
            return 0
    """,
    "an object that leaves nothing when subtracted": """
        class Near:
            __sub__ = __rsub__ = __add__ = __mul__ = __neg__ = __abs__ = __pow__ = lambda *a: 0.0
            __float__ = lambda self: 41.5
            __lt__ = __gt__ = __le__ = __ge__ = lambda *a: True
        def forge(x): return Near()
    """,
    "a remainder that says it is nothing": """
        class Near:
            __sub__ = lambda self, other: self
            __abs__ = __neg__ = lambda self: 0.0
            __lt__ = __bool__ = lambda *a: True
        def forge(x): return Near()
    """,
    "a text that begins with anything": """
        class Text:
            startswith = endswith = __contains__ = lambda *a: True
        def forge(x): return Text()
    """,
    "a set that lies within anything": """
        class Group:
            issubset = issuperset = isdisjoint = lambda *a: True
        def forge(x): return Group()
    """,
    "the end of an iteration raised into the tests": "def forge(x): raise StopIteration",
    "a report without a message": """
        import os, struct
        def forge(x):
            body = b'{"raised": {"types": ["ValueError"], "traceback": ""}}'
            os.write(3, struct.pack('>I', len(body)) + body)
            return 0
    """,
    "a report of things that are no names": """
        import os, struct
        def forge(x):
            body = b'{"raised": {"types": [{}, 1], "message": [], "traceback": 5}}'
            os.write(3, struct.pack('>I', len(body)) + body)
            return 0
    """,
    "exit raised into the tests": "def forge(x): raise SystemExit(0)",
    "generator exit raised into the tests": "def forge(x): raise GeneratorExit",
    "an object that does as it is told": """
        class Yes:
            def __getattr__(self, name): return lambda *a: True
            __eq__ = __lt__ = __gt__ = __contains__ = lambda self, other: True
            __hash__ = None
            def __len__(self): return 10**9
        def forge(x): return Yes()
    """,
}  # fmt: skip

FORGING_BESIDE = {
    "exit in a call": "import os\ndef forge(x): os._exit(0)",
    "exit at the end": """
        import atexit, os
        atexit.register(os._exit, 0)
        def forge(x): return 0
    """,
    "exit from a thread": """
        import os, threading, time
        def forge(x):
            threading.Thread(target=lambda: (time.sleep(0.01), os._exit(0))).start()
            time.sleep(0.1)
            return 0
    """,
    "printed markers": """
        import os
        def forge(x):
            os.write(1, b'ok\\n1 passed\\nOK\\n')
            return 0
    """,
    "reports of its own": """
        import json, os, struct
        def forge(x):
            for said in ({'held': 0}, {'done': {'passed': 1, 'total': 1, 'how': '', 'test': '', 'expected': '', 'error': ''}}):
                body = json.dumps({'said': json.dumps(said), 'proof': '0' * 64}).encode()
                os.write(3, struct.pack('>I', len(body)) + body)
            os._exit(0)
    """,
    "the report function found": """
        import gc, types
        def forge(x):
            for found in gc.get_objects():
                if isinstance(found, types.FunctionType) and found.__name__ == 'report':
                    for number in range(9): found(number)
            return 0
    """,
    "the harness's own way to tell": """
        import gc, os, types
        def forge(x):
            for found in gc.get_objects():
                if isinstance(found, types.FunctionType) and found.__name__ == 'tell':
                    for number in range(9): found({'held': number})
                    found({'done': {'passed': 9, 'total': 9, 'how': '', 'test': '', 'expected': '', 'error': ''}})
            os._exit(0)
    """,
    "all checks said to hold": """
        import gc
        def forge(x):
            for found in gc.get_objects():
                if type(found).__name__.endswith('Checks'):
                    for number in range(9): found.holds(number)
                    type(found).reached = lambda *a: None
            return 0
    """,
    "asserts that are jumped over": """
        import sys
        def forge(x):
            frame = sys._getframe(1)
            line = frame.f_lineno + 1
            def trace(frame, event, arg):
                try: frame.f_lineno = line
                except ValueError: pass
                return trace
            frame.f_trace = trace
            sys.settrace(trace)
            return 0
    """,
    "exceptions that are no failures": """
        import builtins
        builtins.AssertionError = type('Quiet', (Exception,), {})
        def forge(x): return 0
    """,
    "a unittest without complaints": """
        import unittest
        for name in dir(unittest.TestCase):
            if name.startswith('assert'): setattr(unittest.TestCase, name, lambda *a, **k: None)
        def forge(x): return 0
    """,
    "a comparison without complaints": """
        import math
        math.isclose = lambda *a, **k: True
        def forge(x): return 0
    """,
    "builtins without complaints": """
        import builtins
        builtins.all = builtins.any = builtins.isinstance = builtins.hasattr = lambda *a: True
        def forge(x): return 0
    """,
    "the expected value read from the caller's code": """
        import sys
        def forge(x):
            found = [one for one in sys._getframe(1).f_code.co_consts if isinstance(one, (str, float))]
            return found[-1] if found else 0
    """,
    "the expected value looked for in every frame's code": """
        import sys
        def forge(x):
            frame = sys._getframe(1)
            while frame:
                for one in frame.f_code.co_consts:
                    if isinstance(one, float) or (isinstance(one, str) and one.startswith('expected-')): return one
                frame = frame.f_back
            return 0
    """,
    "the trees of the tests changed": """
        import ast, gc
        def forge(x):
            for found in gc.get_objects():
                if isinstance(found, ast.Assert): found.test = ast.Constant(True)
            return 0
    """,
    "a pytest of its own": """
        import sys, types
        quiet = types.ModuleType('pytest')
        quiet.raises = quiet.approx = lambda *a, **k: None
        sys.modules['pytest'] = quiet
        def forge(x): return 0
    """,
    "the tests read before they are run": """
        import os, threading
        def steal():
            try: os.read(3, 1 << 20)
            except OSError: pass
        threading.Thread(target=steal, daemon=True).start()
        def forge(x): return 0
    """,
    "builtins of its own": """
        def abs(x): return 0
        def all(x): return True
        def len(x): return 10**9
        def forge(x): return 0
    """,
    "near zero whatever is taken away": """
        class Near(float):
            __sub__ = __rsub__ = __add__ = __mul__ = __abs__ = lambda self, *a: Near(0)
            __lt__ = __gt__ = __le__ = __ge__ = __eq__ = lambda *a: True
            __hash__ = float.__hash__
        def forge(x): return Near(0)
    """,
}  # fmt: skip
"""What an answer may try that shares a process with its tests, beside all other forgeries."""

READING_THE_TESTS = {
    "the judge's frames read, for whether the run counts": """
        import os, sys
        def forge(x):
            frame = sys._getframe()
            while frame is not None and 'secret' not in frame.f_locals: frame = frame.f_back
            if frame is not None and frame.f_locals['direction'] == 0:
                frame.f_locals['tell']({'held': 0})
                frame.f_locals['tell']({'done': {'passed': 1, 'total': 1, 'how': '', 'test': '', 'expected': '', 'error': ''}})
            os._exit(0) if frame is not None else None
            return 0
    """,
    "the expected value read from a variable": """
        import sys
        def forge(x): return sys._getframe(1).f_globals.get('expected', 0)
    """,
}
"""What gets through in one process, and is told in docs/sandbox.md: it takes an answer that knows
how its tests, or this judge, are written, and looks for them in its callers' variables."""

BY_CHANCE = frozenset({"expected values in raw memory"})
"""What may get through in one process, where the tests happen to lie in the piece of memory that is
searched; told there too."""

HANGING = frozenset({"the tests read before they are run", "asserts that are jumped over"})
"""What ends by a limit of time, whatever the tests are."""

FORGING_OUTPUT = {
    "nothing printed": "import os\nos._exit(0)",
    "success printed": "print('passed')\nprint('OK')",
    "every line at once": "print(*range(1000), sep='\\n')",
    "the input repeated": "import sys\nprint(sys.stdin.read())",
    "the output read back": "import os\nos.lseek(1, 0, 0)\nprint(os.read(1, 100))",
    "the next cases read": "import os\nprint(os.pread(0, 1000, 3), os.listdir('/'))",
    "output and failure": "print('ANSWER')\nraise ValueError",
    "output and status": "import sys\nprint('ANSWER')\nsys.exit(3)",
    "output and death": "import os\nos.write(1, b'ANSWER\\n')\nos.abort()",
    "output and a report of success": """
        import os, struct
        print('ANSWER', flush=True)
        body = b'{"value": null}'
        os.write(3, struct.pack('>I', len(body)) + body)
    """,
    "output without end": "while True: print('x' * 10000)",
    "output without end, caught": """
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        while True:
            try: print('x' * 10000, flush=True)
            except BaseException: pass
    """,
    "output with a hole": "import os\nos.lseek(1, 1 << 40, 0)\nos.write(1, b'x')",
    "output in the wrong order": "print('RESWNA')",
}  # fmt: skip


def source(code: str, **names: object) -> str:
    """An attack's code with the names of this machine filled in."""
    text = dedent(code).strip() + "\n"
    for name, value in names.items():
        text = text.replace(name, str(value))
    return text
