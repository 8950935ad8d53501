// Around the `main` of published tests: takes the secret before it runs, and gives it back once it
// has returned.
package main

import (
	judgeIO "io"
	judgeOS "os"
)

var judgeSecret, _ = judgeIO.ReadAll(judgeOS.NewFile(3, "secret"))

func main() {
	judgedMain()
	judgeOS.NewFile(4, "passed").Write(judgeSecret)
}
