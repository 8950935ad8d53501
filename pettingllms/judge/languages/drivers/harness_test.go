// Around published tests: takes the secret before they run, and gives it back once all have passed.
package main

import (
	judgeFlag "flag"
	judgeIO "io"
	judgeOS "os"
	judgeTesting "testing"
)

var judgeSecret, _ = judgeIO.ReadAll(judgeOS.NewFile(3, "secret"))

// All tests are run, whatever an answer has put into the command line before.
var judgeFlags = map[string]string{"run": "", "skip": "", "list": "", "count": "1", "cpu": ""}

func TestMain(tests *judgeTesting.M) {
	judgeOS.Args = judgeOS.Args[:1]
	for name, value := range judgeFlags {
		judgeFlag.Set("test."+name, value)
	}
	result := tests.Run()
	if result == 0 {
		judgeOS.NewFile(4, "passed").Write(judgeSecret)
	}
	judgeOS.Exit(result)
}
