// Around published tests: takes the secret before they run, and gives it back once `main` returns.
import java.io.FileOutputStream;
import java.nio.file.*;
import java.util.Arrays;

public final class Harness {
    public static void main(String[] words) throws Exception {
        byte[] secret = Files.readAllBytes(Path.of("/proc/self/fd/3"));
        java.lang.reflect.Method main = null;
        for (java.lang.reflect.Method method : Class.forName(words[0]).getDeclaredMethods())
            if (method.getName().equals("main")) main = method;
        main.setAccessible(true);
        Object[] given = main.getParameterCount() == 0 ? new Object[0] : new Object[] {new String[0]};
        try {
            main.invoke(null, given);
        } catch (java.lang.reflect.InvocationTargetException error) {
            error.getCause().printStackTrace();
            Runtime.getRuntime().halt(1);
        }
        try (FileOutputStream out = new FileOutputStream("/proc/self/fd/4")) {
            out.write(secret);
        }
        Runtime.getRuntime().halt(0);
    }
}
