// Around published tests: takes the secret before they run, and gives it back once all have passed.
package main

import (
	judgeIO "io"
	judgeOS "os"
	judgeTesting "testing"
)

var judgeSecret, _ = judgeIO.ReadAll(judgeOS.NewFile(3, "secret"))

func main() {
	if judgeRun() {
		judgeOS.NewFile(4, "passed").Write(judgeSecret)
		judgeOS.Exit(0)
	}
	judgeOS.Exit(1)
}

func judgeRun() bool {
	// RUNS
}

// TESTING
func judgeTests() bool {
	judgeOS.Stdout = judgeOS.Stderr
	judgeTesting.Init()
	return judgeTesting.RunTests(
		func(pattern, name string) (bool, error) { return true, nil },
		[]judgeTesting.InternalTest{
			// CALLED
		},
	)
}
