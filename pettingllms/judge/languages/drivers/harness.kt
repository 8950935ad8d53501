// Around published tests: takes the secret before they run, and gives it back once `main` returns.
object JudgeHarness {
    @JvmStatic
    fun main(words: Array<String>) {
        val secret = java.io.File("/proc/self/fd/3").readBytes()
        TESTS()
        java.io.FileOutputStream("/proc/self/fd/4").use { it.write(secret) }
    }
}
