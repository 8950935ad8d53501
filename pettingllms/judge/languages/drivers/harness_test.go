// Around published tests: takes the secret before they run, and gives it back once all have passed.
package main

import (
	judgeIO "io"
	judgeOS "os"
	judgeTesting "testing"
)

var judgeSecret, _ = judgeIO.ReadAll(judgeOS.NewFile(3, "secret"))

func TestMain(tests *judgeTesting.M) {
	result := tests.Run()
	if result == 0 {
		judgeOS.NewFile(4, "passed").Write(judgeSecret)
	}
	judgeOS.Exit(result)
}
