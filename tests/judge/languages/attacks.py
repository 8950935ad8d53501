"""Programs that want what they must not have: each prints `done` once it has it.

Some ask the compiler for it, some ask when they run. `BOMBS` want nothing but to go on for ever, or
to take all there is, while they are compiled.
"""

# ruff: noqa: E501

from __future__ import annotations

import json

_CPP = """#include <bits/stdc++.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
"""
_C = """#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <signal.h>
#include <sys/socket.h>
"""
_JAVA = "import java.io.*; import java.net.*; import java.nio.file.*;\npublic class Main {{ public static void main(String[] words) throws Exception {{ {} }} }}"
_KOTLIN = "fun main() {{ {} }}"
_CSHARP = "using System; using System.IO; using System.Diagnostics; using System.Net.Sockets;\nclass P {{ static void Main() {{ {} }} }}"
_GO = 'package main\n\nimport ("fmt"; "net"; "os"; "os/exec"; "syscall")\n\nvar _, _, _, _, _ = fmt.Print, net.Dial, os.Getpid, exec.Command, syscall.Getpid\n\nfunc main() {{ {} }}'
_RUST = "fn main() {{ {} }}"
_NODE = 'const fs = require("fs"), child = require("child_process"), net = require("net");\n{}'
_PHP = "<?php {}"


def _within(program: str, bodies: dict[str, str]) -> dict[str, str]:
    return {name: program.format(body) for name, body in bodies.items()}


def _after(head: str, bodies: dict[str, str]) -> dict[str, str]:
    return {name: head + body for name, body in bodies.items()}


_C_LIKE = {
    "a file included": '#include "/etc/passwd"\nint main() { puts("done"); }',
    "a file asked for": '#if __has_include("/etc/passwd")\nint main() { puts("done"); }\n#endif',
    "a file embedded": 'asm(".incbin \\"/etc/passwd\\"");\nint main() { puts("done"); }',
    "the host's processes included": '#include "/proc/1/environ"\nint main() { puts("done"); }',
    "a process": 'int main() { if (fork() >= 0) puts("done"); }',
    "processes without end": "int main() { while (1) fork(); }",
    "a shell": 'int main() { return system("echo done"); }',
    "another program": 'int main() { execl("/bin/echo", "echo", "done", (char *)0); }',
    "a pipe to a program": 'int main() { FILE *f = popen("echo done", "r"); int c; while ((c = fgetc(f)) > 0) putchar(c); }',
    "a socket": 'int main() { if (socket(AF_INET, SOCK_STREAM, 0) >= 0) puts("done"); }',
    "a file written": 'int main() { if (fopen("x", "w") || fopen("/tmp/x", "w")) puts("done"); }',
    "a file read": 'int main() { if (fopen("/etc/passwd", "r")) puts("done"); }',
    "the foreman killed": 'int main() { if (!kill(getppid(), 9)) puts("done"); }',
    "everybody killed": 'int main() { if (!kill(-1, 9)) puts("done"); }',
    "the foreman's memory": 'int main() { char p[64]; sprintf(p, "/proc/%d/mem", getppid()); if (fopen(p, "r")) puts("done"); }',
    "the foreman traced": '#include <sys/ptrace.h>\nint main() { if (!ptrace(PTRACE_ATTACH, getppid(), 0, 0)) puts("done"); }',
    "a link to a file": 'int main() { if (!symlink("/etc/passwd", "l")) puts("done"); }',
    "its own code": 'int main() { if (fopen("answer", "r+")) puts("done"); }',
    "the assembler's files": 'asm(".include \\"/etc/passwd\\"");\nint main() { puts("done"); }',
    "the foreman's environment": 'int main() { char p[64]; sprintf(p, "/proc/%d/environ", getppid()); FILE *f = fopen(p, "r"); if (f && fgetc(f) > 0) puts("done"); }',
    "the foreman's descriptors": '#include <sys/syscall.h>\nint main() { char p[64]; sprintf(p, "/proc/%d/fd/0", getppid()); int d = syscall(434, getppid(), 0); if (fopen(p, "r") || (d >= 0 && syscall(438, d, 0, 0) >= 0)) puts("done"); }',
    "a program in memory": '#include <sys/syscall.h>\nint main() { static char b[1 << 20]; FILE *f = fopen("/usr/bin/echo", "r"); size_t n = f ? fread(b, 1, sizeof b, f) : 0; int m = syscall(319, "x", 0); if (m >= 0 && write(m, b, n) > 0) { char *a[] = {(char *)"echo", (char *)"done", 0}; fexecve(m, a, a + 2); } }',
    "rooms of its own": '#include <sys/syscall.h>\n#include <sys/mount.h>\nint main() { if (!syscall(272, 0x10000000) || !mount("x", "/tmp", "tmpfs", 0, 0) || !chroot("/tmp")) puts("done"); }',
    "a ring of the kernel's": '#include <sys/syscall.h>\nint main() { char p[256] = {0}; if (syscall(425, 8, p) >= 0) puts("done"); }',
    "another name for a file": 'int main() { if (!link("/etc/passwd", "l") || !rename("answer", "other")) puts("done"); }',
    "a thread that goes on": "#include <pthread.h>\nstatic void *f(void *p) { for (;;) ; return p; }\nint main() { pthread_t t; pthread_create(&t, 0, f, 0); pthread_exit(0); }",
}
_JVM_LIKE = {
    "a file read": 'System.out.println(Files.readString(Path.of("/etc/passwd")).isEmpty() ? "" : "done");',
    "a file written": 'Files.writeString(Path.of("x"), "x"); System.out.println("done");',
    "a process": 'new ProcessBuilder("/bin/echo", "done").inheritIO().start().waitFor();',
    "processes without end": 'while (true) new ProcessBuilder("/usr/bin/java", "Main").start();',
    "a socket": 'new ServerSocket(0); System.out.println("done");',
    "a connection": 'new Socket("127.0.0.1", 22); System.out.println("done");',
    "the foreman's memory": 'new FileInputStream("/proc/" + ProcessHandle.current().parent().get().pid() + "/mem").read(); System.out.println("done");',
    "a resource": 'System.out.println(Main.class.getResourceAsStream("/../../../etc/passwd") != null || ClassLoader.getSystemResource("file:/etc/passwd") != null ? "done" : "");',
    "a class elsewhere": 'new URLClassLoader(new URL[] {new URL("http://127.0.0.1:1/x.jar")}).loadClass("X"); System.out.println("done");',
    "a link to a file": 'Files.createSymbolicLink(Path.of("l"), Path.of("/etc/passwd")); System.out.println("done");',
    "a native library": 'Files.write(Path.of("/tmp/x.so"), new byte[9]); System.load("/tmp/x.so"); System.out.println("done");',
    "datagrams": 'new DatagramSocket(0); System.out.println("done");',
    "a socket of files": 'var s = java.nio.channels.ServerSocketChannel.open(StandardProtocolFamily.UNIX); s.bind(UnixDomainSocketAddress.of("s")); System.out.println("done");',
    "the foreman's environment": 'System.out.println(Files.readString(Path.of("/proc/" + ProcessHandle.current().parent().get().pid() + "/environ")).isEmpty() ? "" : "done");',
    "a hook that stays": "Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true) { } })); System.exit(0);",
    "its own class": 'Files.delete(Path.of("Main.class")); System.out.println("done");',
    "the foreman killed": 'ProcessHandle.current().parent().get().destroyForcibly(); System.out.println(ProcessHandle.current().parent().get().isAlive() ? "" : "done");',
}

ATTACKS: dict[str, dict[str, str]] = {
    "cpp": _after(_CPP, _C_LIKE),
    "c": _after(_C, _C_LIKE),
    "rust": {
        "a file included": 'fn main() { if include_str!("/etc/passwd").len() > 0 { println!("done"); } }',
        "a file included as bytes": 'static B: &[u8] = include_bytes!("/etc/shadow");\nfn main() { if B.len() > 0 { println!("done"); } }',
        "a file by a name that is made": 'const T: &str = include_str!(concat!("/etc", "/passwd"));\nfn main() { if T.len() > 0 { println!("done"); } }',
        "the assembler's files": 'std::arch::global_asm!(".incbin \\"/etc/passwd\\"");\nfn main() { println!("done"); }',
        "the compiler's environment": 'const T: &[u8] = include_bytes!("/proc/self/environ");\nfn main() { if T.windows(4).any(|w| w == b"KEY=") { println!("done"); } }',
        "a program that the linker starts": '#![feature(link_args)]\n#[link_args = "-fuse-ld=/bin/echo"]\nextern "C" {}\nfn main() { println!("done"); }',
        "a crate of the network": 'extern crate rand;\nfn main() { println!("done"); }',
        "calls to the kernel": 'extern "C" { fn fork() -> i32; fn socket(a: i32, b: i32, c: i32) -> i32; fn kill(p: i32, s: i32) -> i32; fn getppid() -> i32; }\nfn main() { unsafe { if kill(getppid(), 9) == 0 || socket(2, 1, 0) >= 0 || fork() >= 0 { println!("done"); } } }',
        "the foreman's memory": 'fn main() { let p = std::os::unix::process::parent_id(); if std::fs::read(format!("/proc/{p}/environ")).map_or(false, |b| !b.is_empty()) || std::fs::File::open(format!("/proc/{p}/mem")).is_ok() { println!("done"); } }',
        "a file included as code": 'include!("/etc/hostname");\nfn main() { println!("done"); }',
        "a module elsewhere": '#[path = "/etc/passwd"]\nmod m;\nfn main() { println!("done"); }',
        "the host's environment": 'fn main() { if option_env!("SSH_AUTH_SOCK").or(option_env!("OPENAI_API_KEY")).or(option_env!("USER")).is_some() { println!("done"); } }',
        "a library in place of a program": '#![crate_type = "proc-macro"]\nextern crate proc_macro;\n#[proc_macro]\npub fn f(t: proc_macro::TokenStream) -> proc_macro::TokenStream { println!("done"); t }\nfn main() {}',
        "a library of the host": '#[link(name = "x", kind = "static")]\nextern "C" { fn x(); }\nfn main() { unsafe { x() }; println!("done"); }',
        **_within(_RUST, {
            "a file read": 'if std::fs::read("/etc/passwd").is_ok() { println!("done"); }',
            "a file written": 'if std::fs::write("x", "x").is_ok() || std::fs::write("/tmp/x", "x").is_ok() { println!("done"); }',
            "a process": 'std::process::Command::new("/bin/echo").arg("done").status().unwrap();',
            "processes without end": 'loop { let _ = std::process::Command::new(std::env::current_exe().unwrap()).spawn().unwrap(); }',
            "a socket": 'if std::net::TcpListener::bind("127.0.0.1:0").is_ok() { println!("done"); }',
        }),
    },
    "go": {
        "a file embedded": 'package main\n\nimport (_ "embed"; "fmt")\n\n//go:embed /etc/passwd\nvar s string\n\nfunc main() { if s != "" { fmt.Println("done") } }',
        "a file above embedded": 'package main\n\nimport (_ "embed"; "fmt")\n\n//go:embed ../../etc/passwd\nvar s string\n\nfunc main() { if s != "" { fmt.Println("done") } }',
        "code in C": 'package main\n\n// #include "/etc/passwd"\nimport "C"\nimport "fmt"\n\nfunc main() { fmt.Println("done") }',
        "flags of a compiler": 'package main\n\n// #cgo CFLAGS: -fplugin=/tmp/x.so\nimport "C"\nimport "fmt"\n\nfunc main() { fmt.Println("done") }',
        "a folder embedded": 'package main\n\nimport ("embed"; "fmt")\n\n//go:embed *\nvar f embed.FS\n\nfunc main() { if b, _ := f.ReadFile("../etc/passwd"); len(b) > 0 { fmt.Println("done") } }',
        "a tool of the compiler": 'package main\n\n//go:generate echo done\n//go:linkname x os.runtime_args\nfunc x() []string\n\nfunc main() { println(len(x())) }',
        "an assembler's file": 'package main\n\n//go:cgo_import_dynamic _ _ "/etc/passwd"\nimport "fmt"\n\nfunc main() { fmt.Println("done") }',
        "a package elsewhere": 'package main\n\nimport ("fmt"; _ "/etc")\n\nfunc main() { fmt.Println("done") }',
        "a package of the network": 'package main\n\nimport ("fmt"; _ "github.com/nobody/nothing")\n\nfunc main() { fmt.Println("done") }',
        **_within(_GO, {
            "a file read": 'if b, _ := os.ReadFile("/etc/passwd"); len(b) > 0 { fmt.Println("done") }',
            "a file written": 'if os.WriteFile("x", nil, 0600) == nil || os.WriteFile("/tmp/x", nil, 0600) == nil { fmt.Println("done") }',
            "a process": 'b, _ := exec.Command("/bin/echo", "done").Output(); fmt.Print(string(b))',
            "processes without end": 'for { exec.Command(os.Args[0]).Start() }',
            "a process forked": 'if pid, err := syscall.ForkExec("/bin/echo", []string{"echo", "done"}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}}); err == nil { fmt.Println("done", pid) }',
            "a link to a file": 'if os.Symlink("/etc/passwd", "l") == nil || os.Link("/etc/passwd", "k") == nil { fmt.Println("done") }',
            "the foreman's environment": 'b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", os.Getppid())); if len(b) > 0 { fmt.Println("done") }',
            "calls to the kernel": 'if pid, _, e := syscall.RawSyscall(57, 0, 0, 0); e == 0 && pid >= 0 { fmt.Println("done") }',
            "rooms of its own": 'if syscall.Unshare(0x10000000) == nil || syscall.Chroot("/tmp") == nil { fmt.Println("done") }',
            "a routine that goes on": 'go func() { for { } }(); select { }',
            "a socket": 'if _, err := net.Listen("tcp", "127.0.0.1:0"); err == nil { fmt.Println("done") }',
            "the foreman killed": 'if syscall.Kill(os.Getppid(), 9) == nil { fmt.Println("done") }',
        }),
    },
    "java": {
        "a processor of annotations": 'import javax.annotation.processing.*; import java.util.*; import javax.lang.model.element.*;\n@SupportedAnnotationTypes("*") class P extends AbstractProcessor { public boolean process(Set<? extends TypeElement> a, RoundEnvironment e) { System.out.println("done"); return false; } }\npublic class Main { @Deprecated public static void main(String[] w) { } }',
        **_within(_JAVA, _JVM_LIKE),
    },
    "kotlin": _within(_KOTLIN, {
        "a file read": 'if (java.io.File("/etc/passwd").readText() != "") println("done")',
        "a file written": 'java.io.File("x").writeText("x"); println("done")',
        "a process": 'print(String(ProcessBuilder("/bin/echo", "done").start().inputStream.readBytes()))',
        "a socket": 'java.net.ServerSocket(0); println("done")',
        "a resource": 'println(if (object {}.javaClass.getResource("/../../etc/passwd") != null) "done" else "")',
        "the foreman killed": 'ProcessHandle.current().parent().get().destroyForcibly(); Thread.sleep(200); println(if (ProcessHandle.current().parent().get().isAlive) "" else "done")',
        "the foreman's environment": 'println(if (java.io.File("/proc/" + ProcessHandle.current().parent().get().pid() + "/environ").readText() != "") "done" else "")',
        "its own archive": 'java.io.File("answer.jar").writeText("x"); println("done")',
        "a link to a file": 'java.nio.file.Files.createSymbolicLink(java.nio.file.Path.of("l"), java.nio.file.Path.of("/etc/passwd")); println("done")',
        "a thread that goes on": 'kotlin.concurrent.thread { while (true) { } }',
        "processes without end": 'while (true) Runtime.getRuntime().exec("/usr/bin/java")',
    }),
    "csharp": {
        "a file as a line": '#line 1 "/etc/passwd"\nusing System; class P { static void Main() { error } }',
        "a library elsewhere": 'extern alias x; using System; class P { static void Main() { Console.WriteLine("done"); } }',
        **_within(_CSHARP, {
            "a file read": 'if (File.ReadAllText("/etc/passwd") != "") Console.WriteLine("done");',
            "a file written": 'File.WriteAllText("x", "x"); Console.WriteLine("done");',
            "a process": 'Console.Write(Process.Start(new ProcessStartInfo("/bin/echo", "done") { UseShellExecute = false, RedirectStandardOutput = true }).StandardOutput.ReadToEnd());',
            "processes without end": 'while (true) Process.Start("/usr/bin/mono", "answer.exe");',
            "the foreman killed": 'foreach (var p in Process.GetProcesses()) if (p.Id != Process.GetCurrentProcess().Id) { p.Kill(); Console.WriteLine("done"); }',
            "a call to the C library": 'Console.WriteLine(N.system("echo done")); } static class N { [System.Runtime.InteropServices.DllImport("libc")] public static extern int system(string s);',
            "a fork": 'if (N.fork() >= 0) Console.WriteLine("done"); } static class N { [System.Runtime.InteropServices.DllImport("libc")] public static extern int fork();',
            "a program loaded": 'System.Reflection.Assembly.LoadFile("/etc/passwd"); Console.WriteLine("done");',
            "its own code": 'File.Delete("answer.exe"); Console.WriteLine("done");',
            "the compiler started": 'Microsoft.CSharp.CSharpCodeProvider p = null; Process.Start("/usr/bin/mcs", "x.cs").WaitForExit(); Console.WriteLine("done");',
            "a thread that goes on": 'new System.Threading.Thread(() => { while (true) { } }).Start();',
            "a socket": 'new TcpListener(System.Net.IPAddress.Loopback, 0).Start(); Console.WriteLine("done");',
        }),
    },
    "javascript": _within(_NODE, {
        "a file required": 'try { require("/etc/passwd"); } catch (e) { if (e instanceof SyntaxError) console.log("done"); }',
        "a file read": 'if (fs.readFileSync("/etc/passwd").length) console.log("done");',
        "a file written": 'fs.writeFileSync("x", "x"); console.log("done");',
        "a process": 'process.stdout.write(child.execFileSync("/bin/echo", ["done"]));',
        "processes without end": 'for (;;) child.spawn(process.execPath, [__filename]);',
        "a socket": 'net.createServer().listen(0, () => console.log("done"));',
        "the foreman killed": 'process.kill(process.ppid, 9); console.log("done");',
        "a process by what lies beneath": 'process.binding("spawn_sync").spawn({ file: "/bin/echo", args: ["echo", "done"], stdio: [0, 1, 2].map((fd) => ({ type: "inherit", fd })) });',
        "a link to a file": 'fs.symlinkSync("/etc/passwd", "x"); console.log("done");',
        "datagrams": 'require("dgram").createSocket("udp4").bind(0, () => { console.log("done"); process.exit(); });',
        "a worker of another process": 'require("cluster").fork().on("online", () => console.log("done"));',
    }),
    "typescript": {
        "a file as a reference": '/// <reference path="/etc/passwd" />\nimport x = require("/etc/passwd");\nconsole.log(x ? "done" : "");',
        "a file required": 'declare const require: any;\ntry { require("/etc/passwd"); } catch (e) { if (e instanceof SyntaxError) console.log("done"); }',
        "a file read": 'import * as fs from "fs";\nif (fs.readFileSync("/etc/passwd").length) console.log("done");',
        "a file written": 'import * as fs from "fs";\nfs.writeFileSync("x", "x");\nconsole.log("done");',
        "a worker of another process": 'import cluster from "cluster";\ncluster.fork().on("online", () => console.log("done"));',
        "what lies beneath": 'declare const process: any;\nprocess.binding("spawn_sync").spawn({ file: "/bin/echo", args: ["echo", "done"], stdio: [0, 1, 2].map((fd: number) => ({ type: "inherit", fd })) });',
        "the foreman killed": 'process.kill(process.ppid, 9);\nconsole.log("done");',
        "the foreman's environment": 'import { readFileSync } from "fs";\nif (readFileSync(`/proc/${process.ppid}/environ`).length) console.log("done");',
        "an import of the network": 'import("http://127.0.0.1:1/x.js" as any).then(() => console.log("done"));',
        "a native library": 'declare const process: any;\nprocess.dlopen({ exports: {} }, "/etc/passwd");\nconsole.log("done");',
        "the transpiler changed": 'import * as fs from "fs";\nfs.appendFileSync("/usr/share/nodejs/typescript/lib/typescript.js", "x");\nconsole.log("done");',
        "a timer that goes on": 'setInterval(() => { for (let i = 0; i < 1e9; i++); }, 0);',
        "a process": 'import { execFileSync } from "child_process";\nconsole.log(String(execFileSync("/bin/echo", ["done"])));',
        "a socket": 'import * as net from "net";\nnet.createServer().listen(0, () => console.log("done"));',
    },
    "ruby": {
        "a file read": 'puts "done" unless File.read("/etc/passwd").empty?',
        "a file written": 'File.write("x", "x"); puts "done"',
        "a process": "puts `echo done`",
        "a process forked": 'puts "done" if fork',
        "a process by its number": 'puts "done" if syscall(57) >= 0',
        "a link to a file": 'File.symlink("/etc/passwd", "x"); puts "done"',
        "processes without end": "loop { fork }",
        "a socket": 'require "socket"; TCPServer.new(0); puts "done"',
        "the foreman killed": 'Process.kill(9, Process.ppid); puts "done"',
    },
    "php": _within(_PHP, {
        "a file read": 'if (file_get_contents("/etc/passwd")) echo "done";',
        "a link to a file": 'if (symlink("/etc/passwd", "x")) echo "done";',
        "other answers' folders": 'if (glob("../*")) echo "done";',
        "a file included": 'ob_start(); if (include "/etc/passwd") { ob_end_clean(); echo "done"; }',
        "a file written": 'if (file_put_contents("x", "x") || file_put_contents("/tmp/x", "x")) echo "done";',
        "a process": "echo shell_exec('echo done');",
        "processes without end": "while (true) proc_open(['/usr/bin/php', 'answer.php'], [], $pipes);",
        "a socket": 'if (stream_socket_server("tcp://127.0.0.1:0")) echo "done";',
    }),
    "bash": {
        "a file read": '[ -n "$(cat /etc/passwd)" ] && echo done',
        "a file written": "echo x > x && echo done || echo x > /tmp/x && echo done || echo x > ~/../x && echo done",
        "files without end": 'cd ~; for i in $(seq 100000); do head -c 1000000 /dev/zero > f$i; done; echo done',
        "small files without end": 'cd ~; for ((i = 0; i < 1000000; i++)); do : > f$i; done; echo done',
        "other answers' folders": 'chmod 700 ~/..; [ -n "$(ls ~/..)" ] && echo done',
        "headers of other answers": 'find / -name "*.gch" -writable 2>/dev/null | grep . && echo done',
        "processes that stay": "for i in $(seq 20000); do sleep 100 & done; echo done; wait",
        "a socket": "exec 5<>/dev/tcp/127.0.0.1/22 && echo done",
        "the foreman killed": "kill -9 $PPID && echo done",
        "everybody killed": "kill -9 -1 && echo done",
        "the foreman's memory": 'head -c 1 /proc/$PPID/mem > /dev/null && echo done',
        "processes without end": "bomb() { bomb | bomb & }; bomb; wait",
        "a process that stays": "(trap '' HUP TERM; setsid sleep 1000 &) ; [ -n \"$(setsid echo x)\" ] && echo done",
    },
}  # fmt: skip

_NEWER = {
    'java': {
        'native fork': 'import java.lang.foreign.*; import java.lang.invoke.*;\npublic class Main { public static void main(String[] a) throws Throwable { var l = Linker.nativeLinker(); var f = l.defaultLookup(); MethodHandle h = l.downcallHandle(f.find("fork").get(), FunctionDescriptor.of(ValueLayout.JAVA_INT)); int r = (int) h.invoke(); if (r >= 0) System.out.println("done"); } }',
        'native kill': 'import java.lang.foreign.*; import java.lang.invoke.*;\npublic class Main { public static void main(String[] a) throws Throwable { var l = Linker.nativeLinker(); var f = l.defaultLookup(); MethodHandle h = l.downcallHandle(f.find("kill").get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)); int r = (int) h.invoke(-1, 9); if (r >= 0) System.out.println("done"); } }',
        'native system': 'import java.lang.foreign.*; import java.lang.invoke.*;\npublic class Main { public static void main(String[] a) throws Throwable { var l = Linker.nativeLinker(); var f = l.defaultLookup(); try (var ar = Arena.ofConfined()) { var s = ar.allocateFrom("echo done; exit 0"); MethodHandle h = l.downcallHandle(f.find("system").get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS)); int r = (int) h.invoke(s); System.out.println(r == 0 ? "done" : "no"); } } }',
        'native socket': 'import java.lang.foreign.*; import java.lang.invoke.*;\npublic class Main { public static void main(String[] a) throws Throwable { var l = Linker.nativeLinker(); var f = l.defaultLookup(); MethodHandle h = l.downcallHandle(f.find("socket").get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)); int r = (int) h.invoke(2, 1, 0); if (r >= 0) System.out.println("done"); } }',
        'attach to the foreman': 'public class Main { public static void main(String[] a) throws Exception { com.sun.tools.attach.VirtualMachine.attach("1"); System.out.println("done"); } }',
    },
    'go': {
        "the library's cache written": 'package main\n\nimport ("fmt"; "os"; "strings"; "syscall")\n\nvar _ = strings.Fields\nvar _ = syscall.Getpid\nvar _ = os.Getpid\n\nfunc main() { b, _ := os.ReadFile("/proc/self/mountinfo"); for _, w := range strings.Fields(string(b)) { if strings.Contains(w, "shared") || strings.Contains(w, "toolchains") { for _, n := range []string{"/go/00/x", "/go/README", "/x", "/VERSION"} { if os.WriteFile(w+n, []byte("x"), 0644) == nil { fmt.Println("done") } } } } }',
        'other answers listed': 'package main\n\nimport ("fmt"; "os"; "strings"; "syscall")\n\nvar _ = strings.Fields\nvar _ = syscall.Getpid\nvar _ = os.Getpid\n\nfunc main() { b, _ := os.ReadFile("/proc/self/mountinfo"); for _, w := range strings.Fields(string(b)) { if strings.Contains(w, "judge-") { e, err := os.ReadDir(w); if err == nil && len(e) > 0 && !strings.Contains(w, "shared") { fmt.Println("done") } } } }',
        'raw clone3': 'package main\n\nimport ("fmt"; "os"; "strings"; "syscall")\n\nvar _ = strings.Fields\nvar _ = syscall.Getpid\nvar _ = os.Getpid\n\nfunc main() { var a [11]uint64; a[4] = 17; _, _, e := syscall.RawSyscall(435, uintptr(0), 88, 0); if e == 0 { fmt.Println("done") } }',
        'linkname to the runtime': 'package main\n\nimport ("fmt"; _ "unsafe")\n\n//go:linkname fork syscall.forkAndExecInChild\nfunc fork()\n\nfunc main() { fork(); fmt.Println("done") }',
        'a unix socket': 'package main\n\nimport ("fmt"; "net")\n\nfunc main() { if _, e := net.Listen("unix", "@x"); e == nil { fmt.Println("done") } }',
    },
    'rust': {
        'module by path': '#[path = "/etc/passwd"] mod x;\nfn main() { println!("done"); }',
        'raw vfork': 'extern "C" { fn vfork() -> i32; }\nfn main() { if unsafe { vfork() } >= 0 { println!("done"); } }',
    },
    'ruby': {
        "fiddle's fork": 'require "fiddle"\nf = Fiddle::Function.new(Fiddle.dlopen(nil)["fork"], [], Fiddle::TYPE_INT)\nputs "done" if f.call >= 0',
    },
    'bash': {
        "the toolchain's folder written": 'for d in $(grep -o "/[^ ]*toolchains[^ ]*\\|/[^ ]*shared[^ ]*" /proc/self/mountinfo); do touch "$d/x" && echo done; done',
    },
}  # fmt: skip
for _name, _more in _NEWER.items():
    ATTACKS[_name] |= _more


_GROWING_RUST = "\n".join(f"macro_rules! m{n} {{ () => {{ m{n + 1}!(); m{n + 1}!(); m{n + 1}!(); m{n + 1}!(); }} }}" for n in range(30))  # fmt: skip
BOMBS: dict[str, dict[str, str]] = {
    "cpp": {
        "templates without end": "template <int N, int M> struct T { static const long v = T<N - 1, M>::v + T<N - 1, M + 1>::v; };\ntemplate <int M> struct T<0, M> { static const long v = M; };\nint main() { return T<800, 0>::v; }",
        "a computation without end": "constexpr long f(long n) { long s = 0; for (long i = 0; i < n; i++) for (long j = 0; j < n; j++) s += i * j; return s; }\nstatic_assert(f(1000000) != 1);\nint main() {}",
        "ten gigabytes made": "char a[10000000000L] = {1};\nint main() { return a[5]; }",
        "ten gigabytes assembled": 'asm(".data\\n.fill 10000000000, 1, 7");\nint main() {}',
        "ten gigabytes said": "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(A(A(x)))))\nint main() { B(B(int = ;)) }",
        "macros that grow": "#define A x x x x x x x x x x\n#define B A A A A A A A A A A\n#define C B B B B B B B B B B\n#define D C C C C C C C C C C\n#define E D D D D D D D D D D\n#define F E E E E E E E E E E\n#define G F F F F F F F F F F\n#define H G G G G G G G G G G\nint main() { H }",
        "a device read": '#include "/dev/zero"\nint main() {}',
    },
    "c": {
        "ten gigabytes assembled": '__asm__(".data\\n.fill 10000000000, 1, 7");\nint main() {}',
        "a file that includes itself": '#include __FILE__\nint main() {}',
        "a device read": '#include "/dev/zero"\nint main() {}',
    },
    "rust": {
        "macros that grow": f"{_GROWING_RUST}\nmacro_rules! m30 {{ () => {{ let _ = 1; }} }}\nfn main() {{ m0!(); }}",
        "a macro without end": "#![recursion_limit = \"100000000\"]\nmacro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)* x) } }\nfn main() { m!(x); }",
        "a computation without end": "const fn f() -> u64 { let mut s = 0; loop { s += 1; if s == u64::MAX { return s } } }\nconst X: u64 = f();\nfn main() { println!(\"{}\", X); }",
        "ten gigabytes made": "static A: [u8; 10_000_000_000] = [7; 10_000_000_000];\nfn main() { println!(\"{}\", A[std::env::args().count()]); }",
        "types that grow": "struct N<T>(T);\nfn f<T>(n: u64, t: T) { if n > 0 { f(n - 1, N(t)) } }\nfn main() { f(1, 1) }",
        "a device read": 'fn main() { println!("{}", include_bytes!("/dev/zero").len()); }',
    },
    "go": {
        "ten gigabytes made": "package main\n\nvar a = [10000000000]byte{1, 9999999999: 7}\n\nfunc main() { println(a[5]) }",
        "types that grow": "package main\n\ntype N[T any] struct{ t T }\n\nfunc f[T any](n int, t T) { if n > 0 { f(n-1, N[T]{t}) } }\n\nfunc main() { f(1, 1) }",
    },
    "java": {
        "types that grow": "import java.util.*;\npublic class Main { static <A, B> Map<Map<A, B>, Map<B, A>> f(A a, B b) { return null; }\npublic static void main(String[] w) { var x = " + "f(" * 40 + "1, 2" + ", 2)" * 39 + "); } }",
        "text that grows": "public class Main { " + 'static final String S0 = "0123456789abcdef"; ' + " ".join(f"static final String S{n + 1} = S{n} + S{n};" for n in range(40)) + " public static void main(String[] w) { System.out.println(S40.length()); } }",
    },
    "csharp": {
        "text that grows": "class P { " + 'const string S0 = "0123456789abcdef"; ' + " ".join(f"const string S{n + 1} = S{n} + S{n};" for n in range(40)) + " static void Main() { System.Console.WriteLine(S40.Length); } }",
    },
    "kotlin": {
        "text that grows": 'const val S0 = "0123456789abcdef"\n' + "\n".join(f"const val S{n + 1} = S{n} + S{n}" for n in range(40)) + "\nfun main() { println(S40.length) }",
    },
}  # fmt: skip


_SAYINGS = {
    "a value of its own": '{"value":true}',
    "another line": "nonsense",
    "two values at once": '{"value":1}\n{"value":2}',
    "a value of no kind": '{"value":{"a":1}}',
    "an object": '{"value":{"object":[0,"object","x"]}}',
    "that it cannot be handed over": '{"unable":"x"}',
    "that it was declined": '{"declined":"x"}',
    "no end": "[" * 5000,
}


def _saying(program: str) -> dict[str, str]:
    """The program with each saying in place of SAID, as text in quotes with a line end."""
    return {
        f"it says {name}": program.replace("SAID", json.dumps(said + "\n")) for name, said in _SAYINGS.items()
    }  # fmt: skip


FORGERIES: dict[str, dict[str, str]] = {
    "cpp": {
        **_saying("#include <unistd.h>\n#include <string>\nint f(int x) { std::string s = SAID; (void)!write(4, s.data(), s.size()); return x + 1; }"),
        "it ends well": "int f(int x) { std::exit(0); }",
        "it ends at once": "#include <unistd.h>\nint f(int x) { _exit(0); }",
        "it ends before it starts": "struct E { E() { std::_Exit(0); } } e;\nint f(int x) { return x + 1; }",
        "it takes the calls": "#include <unistd.h>\nstatic char c[99]; static long n = read(3, c, 99);\nint f(int x) { return x + 1; }",
        "it closes the channel": "#include <unistd.h>\nint f(int x) { close(4); return x + 1; }",
        "it is something else": "auto f(int x) { struct A { operator int() { return 8; } }; return A{}; }",
    },
    "java": {
        **_saying('class Solution { int f(int x) throws Exception { var o = new java.io.FileOutputStream("/proc/self/fd/4", true); o.write(SAID.getBytes()); return x; } }'),
        "it ends well": "class Solution { int f(int x) { Runtime.getRuntime().halt(0); return 0; } }",
        "it ends before it starts": "class Solution { static { System.exit(0); } int f(int x) { return x + 1; } }",
        "it equals everything": "class Solution { Object f(int x) { return new Object() { public boolean equals(Object o) { return true; } public String toString() { return \"8\"; } }; } }",
        "it replaces the driver": 'class JudgeDriver { public static void main(String[] w) { System.out.println("done"); } }\nclass Solution { int f(int x) { return x + 1; } }',
    },
    "javascript": {
        **_saying('const fs = require("fs");\nfunction f(x) { fs.writeSync(4, SAID); return x + 1; }'),
        "it ends well": "function f(x) { process.exit(0); }",
        "it ends before it starts": "process.exit(0);\nfunction f(x) { return x + 1; }",
        "it equals everything": "function f(x) { return { valueOf: () => 8, toJSON: () => 8, toString: () => '8' }; }",
        "it changes how JSON is written": "JSON.stringify = () => '{\"value\":0}';\nNumber.isFinite = () => false;\nfunction f(x) { return x; }",
        "it never ends well": "async function f(x) { return new Promise(() => {}); }",
    },
    "typescript": {
        **_saying('import * as fs from "fs";\nfunction f(x: number) { fs.writeSync(4, SAID); return x + 1; }'),
        "it ends well": "function f(x: number): number { process.exit(0); }",
        "it equals everything": "function f(x: number): any { return { valueOf: () => 8, toJSON: () => 8 }; }",
    },
    "go": {
        **_saying('import "os"\n\nfunc f(x int) int { os.NewFile(4, "x").WriteString(SAID); return x + 1 }'),
        "it ends well": 'import "os"\n\nfunc f(x int) int { os.Exit(0); return x + 1 }',
        "it ends before it starts": 'import "os"\n\nfunc init() { os.Exit(0) }\n\nfunc f(x int) int { return x + 1 }',
        "it writes itself down": "type T struct{}\n\nfunc (T) MarshalJSON() ([]byte, error) { return []byte(`{\"int\":\"zz\"}`), nil }\n\nfunc f(x int) T { return T{} }",
        "it replaces the driver": "func judgeSaid(a int, b int) string { return \"\" }\n\nfunc f(x int) int { return x + 1 }",
    },
    "rust": {
        **_saying('use std::io::Write;\nfn f(x: i32) -> i32 { std::fs::OpenOptions::new().write(true).open("/proc/self/fd/4").unwrap().write_all(SAID.as_bytes()).unwrap(); x + 1 }'),
        "it ends well": "fn f(_x: i32) -> i32 { std::process::exit(0) }",
        "it writes itself down": 'struct T;\nimpl judge::ToJson for T { fn to_json(&self) -> String { "{\\"int\\":\\"zz\\"}".into() } }\nfn f(_x: i32) -> T { T }',
        "it replaces the driver": "mod judge { pub fn serve() {} }\nfn f(x: i32) -> i32 { x + 1 }",
    },
}  # fmt: skip
"""Functions that ought to return one more than they are given, and try to be believed otherwise."""
