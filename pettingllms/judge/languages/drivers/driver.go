// Calls one function of an answer: a line of arguments in JSON from descriptor 3 for each call, a
// line of what came of it to descriptor 4. It knows no expected value.
package main

import (
	judgeBufio "bufio"
	judgeJSON "encoding/json"
	judgeFmt "fmt"
	judgeMath "math"
	judgeOS "os"
	judgeReflect "reflect"
	judgeStrings "strings"
)

func main() {
	lines := judgeBufio.NewScanner(judgeOS.NewFile(3, "calls"))
	lines.Buffer(nil, 1<<28)
	out := judgeOS.NewFile(4, "results")
	for lines.Scan() {
		var args []judgeJSON.RawMessage
		judgeJSON.Unmarshal(lines.Bytes(), &args)
		out.WriteString(judgeCall(judgeReflect.ValueOf(judgedFunction), args) + "\n")
	}
	judgeOS.Exit(0)
}

func judgeCall(function judgeReflect.Value, args []judgeJSON.RawMessage) (said string) {
	defer func() {
		if problem := recover(); problem != nil {
			said = judgeRaised(judgeFmt.Sprint("panic: ", problem))
		}
	}()
	kind := function.Type()
	if kind.NumIn() != len(args) {
		return judgeRaised("it takes another number of arguments")
	}
	var given []judgeReflect.Value
	for i, arg := range args {
		value := judgeReflect.New(kind.In(i))
		if kind.In(i).Kind() == judgeReflect.Int32 || kind.In(i).Kind() == judgeReflect.Uint8 {
			var text string
			if judgeJSON.Unmarshal(arg, &text) == nil && len([]rune(text)) == 1 {
				arg = []byte(judgeFmt.Sprint([]rune(text)[0]))
			}
		}
		if err := judgeJSON.Unmarshal(arg, value.Interface()); err != nil {
			return judgeRaised(err.Error())
		}
		given = append(given, value.Elem())
	}
	var results []judgeReflect.Value
	if kind.IsVariadic() {
		results = function.CallSlice(given)
	} else {
		results = function.Call(given)
	}
	var parts []string
	for _, result := range results {
		if err, is := result.Interface().(error); is {
			return judgeRaised(err.Error())
		}
		if result.Type().String() != "error" {
			parts = append(parts, judgeEncode(result))
		}
	}
	switch {
	case len(parts) == 0 && len(given) > 0:
		return `{"value":` + judgeEncode(given[0]) + `}`
	case len(parts) == 0:
		return `{"value":null}`
	case len(parts) == 1:
		return `{"value":` + parts[0] + `}`
	}
	return `{"value":[` + judgeStrings.Join(parts, ",") + `]}`
}

func judgeRaised(text string) string {
	return `{"raised":{"types":["Error"],"message":"","traceback":` + judgeText(text) + `}}`
}

func judgeText(text string) string {
	encoded, _ := judgeJSON.Marshal(text)
	return string(encoded)
}

func judgeEncode(value judgeReflect.Value) string {
	switch value.Kind() {
	case judgeReflect.Invalid:
		return "null"
	case judgeReflect.Interface, judgeReflect.Ptr:
		if value.IsNil() {
			return "null"
		}
		return judgeEncode(value.Elem())
	case judgeReflect.Slice, judgeReflect.Array:
		var items []string
		for i := 0; i < value.Len(); i++ {
			items = append(items, judgeEncode(value.Index(i)))
		}
		return "[" + judgeStrings.Join(items, ",") + "]"
	case judgeReflect.Map:
		var items []string
		for _, key := range value.MapKeys() {
			items = append(items, "["+judgeEncode(key)+","+judgeEncode(value.MapIndex(key))+"]")
		}
		return `{"dict":[` + judgeStrings.Join(items, ",") + `]}`
	case judgeReflect.Float32, judgeReflect.Float64:
		number := value.Float()
		if judgeMath.IsNaN(number) {
			return `{"float":"nan"}`
		}
		if judgeMath.IsInf(number, 0) {
			return judgeFmt.Sprintf(`{"float":"%v"}`, judgeStrings.ToLower(judgeFmt.Sprint(number)))
		}
		return judgeFmt.Sprintf("%.17g", number)
	case judgeReflect.String:
		return judgeText(value.String())
	}
	encoded, err := judgeJSON.Marshal(value.Interface())
	if err != nil {
		return judgeText(err.Error())
	}
	return string(encoded)
}
