// Calls one function of an answer, or the methods of an object: a line of arguments in JSON from
// descriptor 3 for each call, a line of what came of it to descriptor 4. It knows no expected value.
package main

import (
	judgeBufio "bufio"
	judgeBytes "bytes"
	judgeJSON "encoding/json"
	judgeFmt "fmt"
	judgeMath "math"
	judgeOS "os"
	judgeReflect "reflect"
	judgeStrconv "strconv"
	judgeStrings "strings"
)

type judgeValue = judgeReflect.Value

// What is wrong with an argument, and a type that has no JSON.
type judgeMismatch string
type judgeUnable string

const judgeMostNodes = 100000

var judgeKnown []judgeValue // the nodes of trees: arguments may name one by its value
var judgeByValue, judgeTextBytes, judgeNumberBytes = false, false, false

func main() {
	lines := judgeBufio.NewScanner(judgeOS.NewFile(3, "calls"))
	lines.Buffer(nil, 1<<28)
	out := judgeOS.NewFile(4, "results")
	for lines.Scan() {
		decoder := judgeJSON.NewDecoder(judgeBytes.NewReader(lines.Bytes()))
		decoder.UseNumber()
		var args []interface{}
		decoder.Decode(&args)
		out.WriteString(judgeSaid(args) + "\n")
	}
	judgeOS.Exit(0)
}

func judgeSaid(args []interface{}) (said string) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case judgeUnable:
			said = `{"unable":` + judgeText(string(problem)) + `}`
		case judgeMismatch:
			said = judgeRaised(string(problem))
		default:
			said = judgeRaised(judgeFmt.Sprint("panic: ", problem))
		}
	}()
	if judgedHow == "life" {
		return `{"value":` + judgeLived(args[0].([]interface{}), args[1].([]interface{})) + `}`
	}
	given := judgeGiven(judgeReflect.TypeOf(judgedFunctions[judgedName]), args, 0)
	parts := judgeCalled(judgedFunctions[judgedName], given)
	at, err := judgeStrconv.Atoi(judgedHow)
	if err == nil || (len(parts) == 0 && len(given) > 0) {
		return `{"value":` + judgeEncode(given[at]) + `}`
	}
	return `{"value":` + judgeJoined(parts) + `}`
}

func judgeLived(names []interface{}, calls []interface{}) string {
	maker := judgedFunctions[judgedName]
	made := judgeReflect.ValueOf(maker).Call(judgeGiven(judgeReflect.TypeOf(maker), calls[0].([]interface{}), 0))[0]
	if made.Kind() != judgeReflect.Ptr {
		object := judgeReflect.New(made.Type())
		object.Elem().Set(made)
		made = object
	}
	said := []string{"null"}
	for i := 1; i < len(names); i++ {
		method := judgedFunctions[names[i].(string)]
		given := judgeGiven(judgeReflect.TypeOf(method), calls[i].([]interface{}), 1)
		said = append(said, judgeJoined(judgeCalled(method, append([]judgeValue{made}, given...))))
	}
	return "[" + judgeStrings.Join(said, ",") + "]"
}

func judgeGiven(kind judgeReflect.Type, args []interface{}, before int) (given []judgeValue) {
	if kind.NumIn()-before != len(args) {
		panic(judgeMismatch("it takes another number of arguments"))
	}
	for i, arg := range args {
		value := judgeReflect.New(kind.In(i + before)).Elem()
		judgeDecode(arg, value)
		given = append(given, value)
	}
	return
}

func judgeCalled(function interface{}, given []judgeValue) (parts []string) {
	call := judgeReflect.ValueOf(function)
	var results []judgeValue
	if call.Type().IsVariadic() {
		results = call.CallSlice(given)
	} else {
		results = call.Call(given)
	}
	for _, result := range results {
		if err, is := result.Interface().(error); is {
			panic(judgeMismatch(err.Error()))
		}
		if result.Type().String() != "error" {
			parts = append(parts, judgeEncode(result))
		}
	}
	return
}

func judgeJoined(parts []string) string {
	switch len(parts) {
	case 0:
		return "null"
	case 1:
		return parts[0]
	}
	return "[" + judgeStrings.Join(parts, ",") + "]"
}

func judgeRaised(text string) string {
	return `{"raised":{"types":["Error"],"message":"","traceback":` + judgeText(text) + `}}`
}

func judgeText(text string) string {
	encoded, _ := judgeJSON.Marshal(text)
	return string(encoded)
}

func judgeIsNode(kind judgeReflect.Type) bool {
	return kind.Kind() == judgeReflect.Ptr && (kind.Elem().Name() == "ListNode" || kind.Elem().Name() == "TreeNode" || judgeIsBranched(kind.Elem()))
}

func judgeIsBranched(kind judgeReflect.Type) bool {
	if kind.Kind() != judgeReflect.Struct {
		return false
	}
	children, has := kind.FieldByName("Children")
	return has && children.Type.Kind() == judgeReflect.Slice && children.Type.Elem() == judgeReflect.PtrTo(kind)
}

func judgeWrong(kind judgeReflect.Type) {
	panic(judgeMismatch("the argument is no " + kind.String()))
}

func judgeDecode(arg interface{}, into judgeValue) {
	kind := into.Type()
	if number, is := arg.(judgeJSON.Number); is && kind.Kind() != judgeReflect.Interface && !judgeIsNode(kind) && kind.Kind() != judgeReflect.Ptr {
		judgeNumber(number.String(), into)
		return
	}
	switch kind.Kind() {
	case judgeReflect.Interface:
		if arg = judgeNatural(arg); arg != nil {
			into.Set(judgeReflect.ValueOf(arg))
		}
	case judgeReflect.Ptr:
		if judgeIsNode(kind) {
			judgeNodes(arg, into)
		} else if arg != nil {
			into.Set(judgeReflect.New(kind.Elem()))
			judgeDecode(arg, into.Elem())
		}
	case judgeReflect.Slice, judgeReflect.Array:
		judgeList(arg, into)
	case judgeReflect.Map:
		pairs, is := arg.(map[string]interface{})
		if !is {
			judgeWrong(kind)
		}
		into.Set(judgeReflect.MakeMap(kind))
		for name, item := range pairs {
			key, value := judgeReflect.New(kind.Key()).Elem(), judgeReflect.New(kind.Elem()).Elem()
			if kind.Key().Kind() == judgeReflect.String {
				key.SetString(name)
			} else {
				judgeNumber(name, key)
			}
			judgeDecode(item, value)
			into.SetMapIndex(key, value)
		}
	case judgeReflect.String:
		text, is := arg.(string)
		if !is {
			judgeWrong(kind)
		}
		into.SetString(text)
	case judgeReflect.Bool:
		truth, is := arg.(bool)
		if !is {
			judgeWrong(kind)
		}
		into.SetBool(truth)
	case judgeReflect.Int32, judgeReflect.Uint8:
		text, is := arg.(string)
		if !is || len([]rune(text)) != 1 {
			judgeWrong(kind)
		}
		judgeTextBytes = true
		into.Set(judgeReflect.ValueOf([]rune(text)[0]).Convert(kind))
	case judgeReflect.Struct, judgeReflect.Chan, judgeReflect.Func, judgeReflect.Complex64, judgeReflect.Complex128:
		panic(judgeUnable(kind.String()))
	default:
		judgeWrong(kind)
	}
}

// As Go's own where no type is said, however deep.
func judgeNatural(arg interface{}) interface{} {
	switch given := arg.(type) {
	case judgeJSON.Number:
		if whole, err := given.Int64(); err == nil {
			return int(whole)
		}
		real, _ := given.Float64()
		return real
	case []interface{}:
		for i, item := range given {
			given[i] = judgeNatural(item)
		}
	case map[string]interface{}:
		for name, item := range given {
			given[name] = judgeNatural(item)
		}
	}
	return arg
}

func judgeList(arg interface{}, into judgeValue) {
	kind := into.Type()
	if text, is := arg.(string); is && kind.Elem().Kind() == judgeReflect.Uint8 {
		judgeTextBytes = true
		into.Set(judgeReflect.ValueOf([]byte(text)).Convert(kind))
		return
	}
	items, is := arg.([]interface{})
	if !is && arg != nil || kind.Kind() == judgeReflect.Array && kind.Len() != len(items) {
		judgeWrong(kind)
	}
	if kind.Kind() == judgeReflect.Slice && arg != nil {
		into.Set(judgeReflect.MakeSlice(kind, len(items), len(items)))
	}
	for i, item := range items {
		judgeDecode(item, into.Index(i))
	}
}

func judgeNumber(digits string, into judgeValue) {
	var err error
	switch kind := into.Kind(); {
	case kind >= judgeReflect.Int && kind <= judgeReflect.Int64:
		var whole int64
		whole, err = judgeStrconv.ParseInt(digits, 10, into.Type().Bits())
		into.SetInt(whole)
	case kind >= judgeReflect.Uint && kind <= judgeReflect.Uint64:
		judgeNumberBytes = judgeNumberBytes || kind == judgeReflect.Uint8
		var whole uint64
		whole, err = judgeStrconv.ParseUint(digits, 10, into.Type().Bits())
		into.SetUint(whole)
	case kind == judgeReflect.Float32 || kind == judgeReflect.Float64:
		var real float64
		real, err = judgeStrconv.ParseFloat(digits, 64)
		into.SetFloat(real)
	default:
		judgeWrong(into.Type())
	}
	if err != nil {
		judgeWrong(into.Type())
	}
}

func judgeNodes(arg interface{}, into judgeValue) {
	kind := into.Type().Elem()
	if number, is := arg.(judgeJSON.Number); is {
		judgeByValue = true
		for i := len(judgeKnown) - 1; i >= 0; i-- {
			if judgeFmt.Sprint(judgeKnown[i].Elem().FieldByName("Val").Interface()) == number.String() {
				into.Set(judgeKnown[i])
				return
			}
		}
		return
	}
	items, is := arg.([]interface{})
	if !is && arg != nil {
		judgeWrong(into.Type())
	}
	if judgeIsBranched(kind) {
		judgeBranch(items, into)
		return
	}
	places := []judgeValue{into}
	for _, item := range items {
		if len(places) == 0 {
			return
		}
		place := places[0]
		places = places[1:]
		if item == nil {
			continue
		}
		place.Set(judgeReflect.New(kind))
		node := place.Elem()
		judgeDecode(item, node.FieldByName("Val"))
		if kind.Name() == "ListNode" {
			places = append(places, node.FieldByName("Next"))
			continue
		}
		judgeKnown = append(judgeKnown, judgeReflect.ValueOf(place.Interface()))
		places = append(places, node.FieldByName("Left"), node.FieldByName("Right"))
	}
}

// Level by level, null after the children of each.
func judgeBranch(items []interface{}, root judgeValue) {
	if len(items) == 0 || items[0] == nil {
		return
	}
	root.Set(judgeReflect.New(root.Type().Elem()))
	judgeDecode(items[0], root.Elem().FieldByName("Val"))
	parents := []judgeValue{root}
	for i := 2; i < len(items) && len(parents) > 0; i++ {
		if items[i] == nil {
			parents = parents[1:]
			continue
		}
		node := judgeReflect.New(root.Type().Elem())
		judgeDecode(items[i], node.Elem().FieldByName("Val"))
		children := parents[0].Elem().FieldByName("Children")
		children.Set(judgeReflect.Append(children, node))
		parents = append(parents, node)
	}
}

func judgeEncodeBranches(root judgeValue) string {
	if root.IsNil() {
		return "[]"
	}
	values := []judgeValue{root, judgeReflect.Zero(root.Type())}
	for i := 0; i < len(values); i++ {
		if len(values) > 2*judgeMostNodes {
			panic(judgeMismatch("the nodes never end"))
		}
		if values[i].IsNil() {
			continue
		}
		children := values[i].Elem().FieldByName("Children")
		for at := 0; at < children.Len(); at++ {
			values = append(values, children.Index(at))
		}
		values = append(values, judgeReflect.Zero(root.Type()))
	}
	return judgeEncodeValues(values)
}

func judgeEncodeNodes(root judgeValue) string {
	if judgeIsBranched(root.Type().Elem()) {
		return judgeEncodeBranches(root)
	}
	isList := root.Type().Elem().Name() == "ListNode"
	if judgeByValue && !isList {
		if root.IsNil() {
			return "null"
		}
		return judgeEncode(root.Elem().FieldByName("Val"))
	}
	level := []judgeValue{root}
	for i := 0; i < len(level); i++ {
		if len(level) > 2*judgeMostNodes {
			panic(judgeMismatch("the nodes never end"))
		}
		if level[i].IsNil() {
			continue
		}
		if isList {
			level = append(level, level[i].Elem().FieldByName("Next"))
		} else {
			level = append(level, level[i].Elem().FieldByName("Left"), level[i].Elem().FieldByName("Right"))
		}
	}
	return judgeEncodeValues(level)
}

func judgeEncodeValues(level []judgeValue) string {
	for len(level) > 0 && level[len(level)-1].IsNil() {
		level = level[:len(level)-1]
	}
	var items []string
	for _, node := range level {
		if node.IsNil() {
			items = append(items, "null")
		} else {
			items = append(items, judgeEncode(node.Elem().FieldByName("Val")))
		}
	}
	return "[" + judgeStrings.Join(items, ",") + "]"
}

func judgeEncode(value judgeValue) string {
	switch kind := value.Kind(); kind {
	case judgeReflect.Invalid:
		return "null"
	case judgeReflect.Ptr:
		if judgeIsNode(value.Type()) {
			return judgeEncodeNodes(value)
		}
		if value.IsNil() {
			return "null"
		}
		if whole, is := value.Interface().(judgeFmt.Stringer); is && value.Type().String() == "*big.Int" {
			return whole.String()
		}
		return judgeEncode(value.Elem())
	case judgeReflect.Interface:
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
		if elem := value.Type().Elem(); elem.Kind() == judgeReflect.Struct && elem.NumField() == 0 {
			var items []string
			for _, key := range value.MapKeys() {
				items = append(items, judgeEncode(key))
			}
			return `{"set":[` + judgeStrings.Join(items, ",") + `]}`
		}
		var items []string
		for _, key := range value.MapKeys() {
			items = append(items, "["+judgeEncode(key)+","+judgeEncode(value.MapIndex(key))+"]")
		}
		return `{"dict":[` + judgeStrings.Join(items, ",") + `]}`
	case judgeReflect.Struct:
		var items []string
		for i := 0; i < value.NumField(); i++ {
			items = append(items, judgeEncode(value.Field(i)))
		}
		return "[" + judgeStrings.Join(items, ",") + "]"
	case judgeReflect.Float32, judgeReflect.Float64:
		number := value.Float()
		if judgeMath.IsNaN(number) {
			return `{"float":"nan"}`
		}
		if judgeMath.IsInf(number, 0) {
			return judgeFmt.Sprintf(`{"float":"%v"}`, judgeStrings.TrimPrefix(judgeStrings.ToLower(judgeFmt.Sprint(number)), "+"))
		}
		return judgeFmt.Sprintf("%.17g", number)
	case judgeReflect.String:
		return judgeText(value.String())
	case judgeReflect.Bool:
		return judgeFmt.Sprint(value.Bool())
	case judgeReflect.Uint8:
		if judgeTextBytes || !judgeNumberBytes {
			return judgeText(string(rune(value.Uint())))
		}
		return judgeFmt.Sprint(value.Uint())
	case judgeReflect.Int32:
		if judgeTextBytes || judgedRunes {
			return judgeText(string(rune(value.Int())))
		}
		return judgeFmt.Sprint(value.Int())
	case judgeReflect.Chan, judgeReflect.Func, judgeReflect.Complex64, judgeReflect.Complex128, judgeReflect.UnsafePointer, judgeReflect.Uintptr:
		panic(judgeUnable(value.Type().String()))
	}
	if value.CanInt() {
		return judgeFmt.Sprint(value.Int())
	}
	return judgeFmt.Sprint(value.Uint())
}
