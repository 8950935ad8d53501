"""Programs as people write them, each with what it reads and prints under any Python."""

# ruff: noqa: E501

from __future__ import annotations

from textwrap import dedent

PROGRAMS: dict[str, tuple[str, str, str]] = {
    "exit() after output": ("print(input())\nexit()\nprint('no')", "a\n", "a\n"),
    "quit() in a function": ("def main():\n    print(1)\n    quit()\nmain()\nprint(2)", "", "1\n"),
    "exit(0) in a branch": ("n = int(input())\nif n > 3:\n    print('big')\n    exit(0)\nprint('small')", "5\n", "big\n"),
    "sys.exit() in a function": ("import sys\ndef f():\n    print(3)\n    sys.exit()\nf()", "", "3\n"),
    "raise SystemExit": ("print(4)\nraise SystemExit", "", "4\n"),
    "exit named as main": ("import sys\ndef main():\n    print(5)\nif __name__ == '__main__':\n    sys.exit(main())", "", "5\n"),
    "os._exit after a flush": ("import os, sys\nprint(6)\nsys.stdout.flush()\nos._exit(0)", "", "6\n"),
    "exit caught by a bare except": ("try:\n    exit()\nexcept SystemExit:\n    print('caught')", "", "caught\n"),
    "help is there": ("print(callable(help), callable(copyright))", "", "True True\n"),
    "the file's own name": ("import os\nprint(os.path.basename(__file__), os.path.isabs(os.path.abspath(__file__)))", "", "answer.py True\n"),
    "the globals of a script": ("print(list(globals()))", "", "['__name__', '__doc__', '__package__', '__loader__', '__spec__', '__annotations__', '__builtins__', '__file__', '__cached__']\n"),
    "what loaded a script": ("print(type(__loader__).__name__, __loader__.name, __cached__, __annotations__)", "", "SourceFileLoader __main__ None {}\n"),
    "the file that its functions are of": ("import os\ndef f(): pass\nprint(os.path.basename(f.__code__.co_filename), f.__code__.co_filename == __file__)", "", "answer.py True\n"),
    "the file that a warning is of": ("import warnings\nwith warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    warnings.warn('x')\nprint(seen[0].filename == __file__, seen[0].lineno)", "", "True 4\n"),
    "the words a script was started with": ("import sys\nprint(sys.orig_argv[1:], sys.argv)", "", "['answer.py'] ['answer.py']\n"),
    "standard input by descriptor": ("import os\nprint(os.read(0, 100).decode().strip())", "a b\n", "a b\n"),
    "standard input as bytes": ("import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))", "1 2\n3\n", "6\n"),
    "standard input by open(0)": ("print(open(0).read().split())", "x y\n", "['x', 'y']\n"),
    "standard input as a line iterator": ("import sys\nread = iter(sys.stdin.read().split()).__next__\nprint(read(), read())", "p q\n", "p q\n"),
    "standard input by its device": ("print(open('/dev/stdin').read().strip())", "dev\n", "dev\n"),
    "standard input by its device, in pathlib": ("from pathlib import Path\nprint(Path('/dev/stdin').read_text().strip())", "path\n", "path\n"),
    "standard input by its device, in os": ("import os\nprint(os.read(os.open('/dev/stdin', os.O_RDONLY), 9).decode().strip())", "os\n", "os\n"),
    "standard input by fileinput": ("import fileinput\nprint(sum(int(line) for line in fileinput.input()))", "1\n2\n", "3\n"),
    "standard input mapped": ("import mmap\nprint(mmap.mmap(0, 0, prot=mmap.PROT_READ).readline().strip().decode())", "map\n", "map\n"),
    "standard input through BytesIO": ("import io, os\nread = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nprint(int(read()) + int(read()))", "4\n5\n", "9\n"),
    "standard input with carriage returns": ("import sys\nprint(repr(input()), repr(sys.stdin.read()))", "a\r\nb\rc\r\n", "'a\\r' 'b\\rc\\r\\n'\n"),
    "standard input that is no text": ("import sys\ntext = input()\nprint(len(text), text.encode('utf-8', 'surrogateescape'))", "a\udcff\n", "2 b'a\\xff'\n"),
    "standard input of half a character": ("print(input().isascii())", "\ud83d\n", "False\n"),
    "output of half a character": ("print('\\udcff', end='')", "", "\ufffd"),
    "input replaced": ("import sys\ninput = sys.stdin.readline\nn = int(input())\nprint(n * 2)", "21\n", "42\n"),
    "standard output by descriptor": ("import os\nos.write(1, b'raw\\n')", "", "raw\n"),
    "standard output by a second file": ("out = open(1, 'w')\nprint('second', file=out)", "", "second\n"),
    "standard output by its device": ("with open('/dev/stdout', 'w') as out:\n    out.write('dev\\n')", "", "dev\n"),
    "standard output duplicated": ("import os\nf = os.fdopen(os.dup(1), 'w')\nf.write('dup\\n')", "", "dup\n"),
    "standard output through StringIO": ("import io, sys\nreal = sys.stdout\nsys.stdout = io.StringIO()\nprint('kept')\nreal.write(sys.stdout.getvalue())", "", "kept\n"),
    "standard output through StringIO at exit": ("import atexit, io, sys\nb = io.StringIO()\nsys.stdout = b\natexit.register(lambda: sys.__stdout__.write(b.getvalue()))\nprint('late')", "", "late\n"),
    "standard output by bytes at exit": ("import atexit, io, os, sys\nsys.stdout = io.BytesIO()\natexit.register(lambda: os.write(1, sys.stdout.getvalue()))\nsys.stdout.write(b'bytes\\n')", "", "bytes\n"),
    "standard output wrapped anew": ("import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8', line_buffering=False)\nprint('wrapped')", "", "wrapped\n"),
    "standard output detached": ("import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding='utf-8')\nprint('detached')", "", "detached\n"),
    "standard output of a class of its own": (
        """
        import os, sys
        from io import BytesIO, IOBase
        class FastIO(IOBase):
            newlines = 0
            def __init__(self, file):
                self._fd = file.fileno()
                self.buffer = BytesIO()
                self.writable = 'w' in file.mode
                self.write = self.buffer.write if self.writable else None
            def readline(self):
                while self.newlines == 0:
                    b = os.read(self._fd, max(os.fstat(self._fd).st_size, 8192))
                    self.newlines = b.count(b'\\n') + (not b)
                    ptr = self.buffer.tell()
                    self.buffer.seek(0, 2), self.buffer.write(b), self.buffer.seek(ptr)
                self.newlines -= 1
                return self.buffer.readline()
            def flush(self):
                if self.writable:
                    os.write(self._fd, self.buffer.getvalue())
                    self.buffer.truncate(0), self.buffer.seek(0)
        class IOWrapper(IOBase):
            def __init__(self, file):
                self.buffer = FastIO(file)
                self.flush = self.buffer.flush
                self.writable = self.buffer.writable
                self.write = lambda s: self.buffer.write(s.encode('ascii'))
                self.readline = lambda: self.buffer.readline().decode('ascii')
        sys.stdin, sys.stdout = IOWrapper(sys.stdin), IOWrapper(sys.stdout)
        input = lambda: sys.stdin.readline().rstrip('\\r\\n')
        print(int(input()) + int(input()))
        """, "3\n4\n", "7\n"),
    "standard output that knows write alone": ("import sys\nreal = sys.stdout\nclass Out:\n    def write(self, text): real.write(text.upper())\nsys.stdout = Out()\nprint('loud')", "", "LOUD\n"),
    "standard output closed by the program": ("import sys\nprint('then closed')\nsys.stdout.close()", "", "then closed\n"),
    "output by a finalizer": ("class Last:\n    def __del__(self): print('gone')\nx = Last()", "", "gone\n"),
    "output by a finalizer in a circle": ("class Last:\n    def __init__(self): self.me = self\n    def __del__(self): print('circle')\nx = Last()", "", "circle\n"),
    "output of a thread that outlives main": ("import threading, time\ndef late():\n    time.sleep(0.05)\n    print('late')\nthreading.Thread(target=late).start()\nprint('early')", "", "early\nlate\n"),
    "output of a handler that was registered last": ("import atexit\natexit.register(print, 'second')\natexit.register(print, 'first')", "", "first\nsecond\n"),
    "output that is not flushed before an exit": ("import sys\nsys.stdout.write('x' * 10000 + '\\n')\nsys.exit()", "", "x" * 10000 + "\n"),
    "errors do not mix with output": ("import sys, warnings\nwarnings.warn('hm')\nprint('out')\nprint('err', file=sys.stderr)", "", "out\n"),
    "the stack's limit raised": ("import resource, sys\nresource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\nresource.setrlimit(resource.RLIMIT_STACK, (2**29, -1))\nsys.setrecursionlimit(10**9)\nprint('ok')", "", "ok\n"),
    "the stack's limit set lower than it is": ("import resource\nsoft, hard = resource.getrlimit(resource.RLIMIT_STACK)\nresource.setrlimit(resource.RLIMIT_STACK, (min(1 << 26, hard), hard))\nprint('ok')", "", "ok\n"),
    "a thread with a large stack": ("import sys, threading\nsys.setrecursionlimit(10**7)\nthreading.stack_size(1 << 29)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)\ndef main(): print(f(150000))\nt = threading.Thread(target=main)\nt.start()\nt.join()", "", "150000\n"),
    "deep recursion through C": ("import sys\nfrom functools import lru_cache\nsys.setrecursionlimit(10**6)\n@lru_cache(None)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)\nprint(f(100000))", "", "100000\n"),
    "recursion as deep as the limit allows": ("import sys\ndef f(n): return n if n == 0 else f(n - 1)\nprint(sys.getrecursionlimit(), f(990))", "", "1000 0\n"),
    "addresses reserved and not used": ("import mmap\nm = mmap.mmap(-1, 1 << 30)\nprint(len(m))", "", f"{1 << 30}\n"),
    "an event loop": ("import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x + 1\nasync def main(): print(await asyncio.gather(*map(f, range(3))))\nasyncio.run(main())", "", "[1, 2, 3]\n"),
    "an event loop with a thread": ("import asyncio\nasync def main(): print(await asyncio.to_thread(sum, [1, 2]))\nasyncio.run(main())", "", "3\n"),
    "an event loop of one's own": ("import asyncio\nloop = asyncio.new_event_loop()\nasync def f(): return 5\nprint(loop.run_until_complete(f()))\nloop.close()", "", "5\n"),
    "a thread pool": ("from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool: print(list(pool.map(int, '123')))", "", "[1, 2, 3]\n"),
    "integers of any length": ("x = 7 ** 20000\nprint(len(str(x)), int(str(x)) == x)", "", "16902 True\n"),
    "time zones": ("from datetime import datetime\nfrom zoneinfo import ZoneInfo\nprint(datetime(2024, 7, 1, tzinfo=ZoneInfo('Europe/Paris')).utcoffset())", "", "2:00:00\n"),
    "the null device": ("import os, sys\nsys.stderr = open(os.devnull, 'w')\nprint('x', file=sys.stderr)\nprint(open('/dev/null').read() == '')", "", "True\n"),
    "locale and encodings": ("import locale, sys\nlocale.setlocale(locale.LC_ALL, '')\nprint(sys.stdout.encoding, 'é≤')", "", "utf-8 é≤\n"),
    "from __future__": ("from __future__ import annotations, division\ndef f(x: Missing) -> Gone: return x / 2\nprint(f(3))", "", "1.5\n"),
    "a dataclass pickled": ("import pickle\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nprint(pickle.loads(pickle.dumps(P(3))))", "", "P(x=3)\n"),
    "its own source": ("import inspect\ndef f(): return 1\nclass C:\n    y = 2\nprint(inspect.getsource(f).strip(), inspect.getsource(C).strip().splitlines()[-1].strip())", "", "def f(): return 1 y = 2\n"),
    "annotations looked up": ("import typing\nclass Node: pass\ndef f(x: 'Node', y: 'list[int]') -> 'Node': ...\nprint(sorted(typing.get_type_hints(f)))", "", "['return', 'x', 'y']\n"),
    "a timer's signal": ("import signal\ndef ring(*_): raise TimeoutError\nsignal.signal(signal.SIGALRM, ring)\ntry:\n    signal.setitimer(signal.ITIMER_REAL, 0.02)\n    while True: pass\nexcept TimeoutError: print('rung')", "", "rung\n"),
    "globals by name": ("x = 1\nexec('x += 1')\nprint(globals()['x'], eval('x * 3'), __name__)", "", "2 6 __main__\n"),
    "the module main": ("import __main__\nx = 5\nprint(__main__.x)", "", "5\n"),
    "a shell that is not there": ("import os\nos.system('clear')\nprint('done')", "", "done\n"),
    "the environment": ("import os\nprint(os.environ.get('LOCAL', 'none'), 'ONLINE_JUDGE' in os.environ, bool(os.path.expanduser('~')))", "", "none False True\n"),
    "sqlite in memory": ("import sqlite3\nprint(sqlite3.connect(':memory:').execute('select 1 + 1').fetchone())", "", "(2,)\n"),
}  # fmt: skip

WRITING: dict[str, tuple[str, str, str]] = {
    "a file in the working folder": ("open('out.txt', 'w').write('x')\nprint(open('out.txt').read())", "", "x\n"),
    "a temporary folder": ("import os, tempfile\nwith tempfile.TemporaryDirectory() as d:\n    p = os.path.join(d, 'a')\n    open(p, 'w').write('y')\n    print(open(p).read(), os.listdir(d))\nprint(os.path.exists(d))", "", "y ['a']\nFalse\n"),
    "a temporary file": ("import tempfile\nwith tempfile.NamedTemporaryFile('w+') as f:\n    f.write('z')\n    f.seek(0)\n    print(f.read())", "", "z\n"),
    "a tree of folders": ("import os, shutil\nos.makedirs('a/b')\nos.rename('a/b', 'a/c')\nprint(os.listdir('a'))\nshutil.rmtree('a')\nprint(os.path.exists('a'))", "", "['c']\nFalse\n"),
    "its own file": ("print(open(__file__).read().splitlines()[0][:5])", "", "print\n"),
    "the file of a function that numba compiles": ("import os\ndef f(): 'for numba'\nprint(os.path.isfile(f.__code__.co_filename))", "", "True\n"),
    "a module beside it": ("open('helper.py', 'w').write('value = 8')\nimport helper\nprint(helper.value)", "", "8\n"),
    "a database in a file": ("import sqlite3\nc = sqlite3.connect('x.db')\nc.execute('create table t (n)')\nc.execute('insert into t values (4)')\nc.commit()\nprint(c.execute('select n from t').fetchall())", "", "[(4,)]\n"),
    "pathlib": ("from pathlib import Path\np = Path('notes.txt')\np.write_text('n')\nprint(p.read_text(), p.stat().st_size)\np.unlink()\nprint(p.exists())", "", "n 1\nFalse\n"),
}  # fmt: skip
"""What takes a folder to write into."""


def program(code: str) -> str:
    return dedent(code).strip("\n") + "\n"
