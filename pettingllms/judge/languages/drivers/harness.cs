// Around published tests: takes the secret before they run, and gives it back once `Main` returns.
class JudgeHarness {
    public static void Assert(bool truth, params object[] said) {
        if (!truth) throw new System.Exception("Assertion failed: " + string.Join(" ", said));
    }

    static void Main() {
        var secret = System.IO.File.ReadAllBytes("/proc/self/fd/3");
        var flags = System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public
            | System.Reflection.BindingFlags.NonPublic;
        var main = typeof(Tested).GetMethod("Main", flags);
        main.Invoke(null, main.GetParameters().Length == 0 ? null : new object[] { new string[0] });
        System.IO.File.WriteAllBytes("/proc/self/fd/4", secret);
    }
}
