// What Java 25 has of that name, for those that are older.
class IO {
  private static final java.io.BufferedReader IN =
      new java.io.BufferedReader(new java.io.InputStreamReader(System.in));

  static void println(Object said) { System.out.println(said); }

  static void println() { System.out.println(); }

  static void print(Object said) { System.out.print(said); }

  static String readln() {
    try {
      return IN.readLine();
    } catch (java.io.IOException error) {
      throw new java.io.UncheckedIOException(error);
    }
  }

  static String readln(String prompt) {
    System.out.print(prompt);
    return readln();
  }
}
