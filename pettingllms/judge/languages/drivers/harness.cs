// Around published tests: takes the secret before they run, and gives it back once `Main` returns.
class JudgeListener : System.Diagnostics.TraceListener {
    public override void Write(string text) {}
    public override void WriteLine(string text) {}
    public override void Fail(string text) { throw new System.Exception("Assertion failed: " + text); }
    public override void Fail(string text, string more) { Fail(text + " " + more); }
}

class JudgeHarness {
    static void Main() {
        var secret = System.IO.File.ReadAllBytes("/proc/self/fd/3");
        System.Diagnostics.Debug.Listeners.Clear();
        System.Diagnostics.Debug.Listeners.Add(new JudgeListener());
        var flags = System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public
            | System.Reflection.BindingFlags.NonPublic;
        var main = typeof(Tested).GetMethod("Main", flags);
        main.Invoke(null, main.GetParameters().Length == 0 ? null : new object[] { new string[0] });
        System.IO.File.WriteAllBytes("/proc/self/fd/4", secret);
    }
}
