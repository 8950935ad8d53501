// Calls one function of an answer, or the methods of an object: a line of arguments in JSON from
// descriptor 3 for each call, a line of what came of it to descriptor 4. It knows no expected value.
import java.io.*;
import java.lang.reflect.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;

public final class JudgeDriver {
    // The answer's name for what is called, what is the result, and its classes.
    public static void main(String[] words) throws Exception {
        String[] calls = Files.readString(Path.of("/proc/self/fd/3")).split("\n");
        FileOutputStream out = new FileOutputStream("/proc/self/fd/4");
        for (String call : calls) {
            if (call.isEmpty()) continue;
            List<?> args = (List<?>) JudgeJson.parse(call);
            String said;
            try {
                said = "{\"value\":" + (words[1].equals("life") ? lived(words, args) : call(words, args)) + "}";
            } catch (Unable error) {
                said = "{\"unable\":" + write(error.getMessage()) + "}";
            } catch (InvocationTargetException error) {
                said = raised(error.getCause());
                if (error.getCause() instanceof OutOfMemoryError) throw error;
            } catch (ReflectiveOperationException | RuntimeException error) {
                said = raised(error);
            }
            out.write((said + "\n").getBytes(StandardCharsets.UTF_8));
        }
        Runtime.getRuntime().halt(0);
    }

    private static String raised(Throwable error) {
        StringWriter trace = new StringWriter();
        error.printStackTrace(new PrintWriter(trace));
        String told = trace.toString();
        return "{\"raised\":{\"types\":[\"Error\"],\"message\":\"\",\"traceback\":" + write(told.substring(0, Math.min(400, told.length()))) + "}}";
    }

    // What is wrong with an argument, and a type that has no JSON.
    private static final class Mismatch extends RuntimeException {
        Mismatch(Type wanted) { super("the argument is no " + wanted.getTypeName()); }
    }

    private static final class Unable extends RuntimeException {
        Unable(Type type) { super(type.getTypeName()); }
    }

    private static String call(String[] words, List<?> args) throws ReflectiveOperationException {
        Mismatch wrong = null;
        for (Class<?> type : classes(words)) {
            for (Method method : methods(type, words[0], args.size())) {
                Object target = Modifier.isStatic(method.getModifiers()) ? null : made(method.getDeclaringClass(), List.of());
                Object[] given;
                try {
                    given = converted(args, method.getGenericParameterTypes());
                } catch (Mismatch error) {
                    wrong = error;
                    continue;
                }
                Object returned = method.invoke(target, given);
                boolean isReturned = words[1].equals("returned");
                if (isReturned && (method.getReturnType() != void.class || given.length == 0)) return write(returned, method.getReturnType());
                int result = isReturned ? 0 : Integer.parseInt(words[1]);
                return write(given[result], method.getParameterTypes()[result]);
            }
        }
        if (wrong != null) throw wrong;
        throw new NoSuchMethodException(words[0] + " with " + args.size() + " arguments");
    }

    // A list of names, the class first, and one of what each is called with.
    private static String lived(String[] words, List<?> args) throws ReflectiveOperationException {
        List<?> names = (List<?>) args.get(0), calls = (List<?>) args.get(1);
        Class<?> found = null;
        for (Class<?> type : classes(words)) if (type.getSimpleName().equals(words[0])) found = type;
        if (found == null) throw new ClassNotFoundException(words[0]);
        Object object = made(found, (List<?>) calls.get(0));
        StringJoiner out = new StringJoiner(",", "[", "]").add("null");
        for (int i = 1; i < names.size(); i++) out.add(step(object, (String) names.get(i), (List<?>) calls.get(i)));
        return out.toString();
    }

    private static String step(Object object, String name, List<?> args) throws ReflectiveOperationException {
        Mismatch wrong = null;
        for (Method method : methods(object.getClass(), name, args.size())) {
            try {
                Object[] given = converted(args, method.getGenericParameterTypes());
                return write(method.invoke(object, given), method.getReturnType());
            } catch (Mismatch error) {
                wrong = error;
            }
        }
        if (wrong != null) throw wrong;
        throw new NoSuchMethodException(name + " with " + args.size() + " arguments");
    }

    // Those outside, and then those within them.
    private static List<Class<?>> classes(String[] words) throws ClassNotFoundException {
        List<Class<?>> found = new ArrayList<>();
        for (int i = 2; i < words.length; i++) found.add(Class.forName(words[i]));
        for (int i = 0; i < found.size(); i++) found.addAll(Arrays.asList(found.get(i).getDeclaredClasses()));
        return found;
    }

    private static List<Method> methods(Class<?> type, String name, int count) {
        List<Method> found = new ArrayList<>();
        for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
            for (Method method : each.getDeclaredMethods()) {
                if (!method.getName().equals(name) || method.isSynthetic() || method.getParameterCount() != count) continue;
                method.setAccessible(true);
                found.add(method);
            }
        }
        found.sort(Comparator.comparingInt(JudgeDriver::width));
        return found;
    }

    // Of overloads that a number fits, the one for the narrowest numbers comes first.
    private static int width(Method method) {
        int width = 0;
        for (Class<?> type : method.getParameterTypes()) width += type == long.class ? 1 : type == float.class || type == double.class ? 2 : type == Object.class ? 3 : 0;
        return width;
    }

    private static Object made(Class<?> type, List<?> args) throws ReflectiveOperationException {
        Mismatch wrong = null;
        for (Constructor<?> each : type.getDeclaredConstructors()) {
            if (each.getParameterCount() != args.size()) continue;
            each.setAccessible(true);
            try {
                return each.newInstance(converted(args, each.getGenericParameterTypes()));
            } catch (Mismatch error) {
                wrong = error;
            }
        }
        if (wrong != null) throw wrong;
        throw new NoSuchMethodException("a constructor of " + type.getName() + " with " + args.size() + " arguments");
    }

    private static Object[] converted(List<?> args, Type[] types) {
        Object[] given = new Object[args.size()];
        for (int k = 0; k < given.length; k++) given[k] = convert(args.get(k), types[k]);
        return given;
    }

    private static final int MOST_NODES = 100000;
    private static final List<Object> known = new ArrayList<>();
    private static boolean byValue = false;

    private static boolean isNode(Class<?> type) {
        return type.getSimpleName().equals("ListNode") || type.getSimpleName().equals("TreeNode") || isBranched(type);
    }

    private static boolean isBranched(Class<?> type) {
        try {
            return type.getSimpleName().equals("Node") && type.getDeclaredField("children").getType() == List.class;
        } catch (NoSuchFieldException error) { return false; }
    }

    private static Field field(Object node, String name) {
        try {
            Field found = node.getClass().getDeclaredField(name);
            found.setAccessible(true);
            return found;
        } catch (NoSuchFieldException error) { throw new RuntimeException(error); }
    }

    private static Object get(Object node, String name) {
        try { return field(node, name).get(node); } catch (IllegalAccessException error) { throw new RuntimeException(error); }
    }

    private static Object node(Class<?> type, Object json) {
        for (Constructor<?> made : type.getDeclaredConstructors()) {
            if (made.getParameterCount() > 1) continue;
            made.setAccessible(true);
            try {
                Object out = made.getParameterCount() == 0 ? made.newInstance() : made.newInstance(convert(json, made.getGenericParameterTypes()[0]));
                Field val = field(out, "val");
                val.set(out, convert(json, val.getGenericType()));
                return out;
            } catch (ReflectiveOperationException error) { throw new RuntimeException(error); }
        }
        throw new RuntimeException(type + " cannot be made of a value");
    }

    private static void link(Object node, String name, Object to) {
        try { field(node, name).set(node, to); } catch (IllegalAccessException error) { throw new RuntimeException(error); }
    }

    private static Object nodes(Object json, Class<?> type) {
        if (json instanceof Number) {
            byValue = true;
            for (int i = known.size() - 1; i >= 0; i--) if (write(get(known.get(i), "val")).equals(json.toString())) return known.get(i);
            return null;
        }
        if (!(json instanceof List) || ((List<?>) json).isEmpty()) return null;
        if (isBranched(type)) return branched((List<?>) json, type);
        boolean isList = type.getSimpleName().equals("ListNode");
        Iterator<?> items = ((List<?>) json).iterator();
        Object root = node(type, items.next());
        Deque<Object> parents = new ArrayDeque<>(List.of(root));
        if (!isList) known.add(root);
        while (items.hasNext() && !parents.isEmpty()) {
            Object parent = parents.poll();
            for (String side : isList ? new String[] {"next"} : new String[] {"left", "right"}) {
                Object item = items.hasNext() ? items.next() : null;
                if (item == null) continue;
                Object child = node(type, item);
                if (!isList) known.add(child);
                link(parent, side, child);
                parents.add(child);
            }
        }
        return root;
    }

    // Level by level, null after the children of each.
    private static Object branched(List<?> items, Class<?> type) {
        Object root = node(type, items.get(0));
        Deque<Object> parents = new ArrayDeque<>(List.of(root));
        List<Object> children = new ArrayList<>();
        for (int i = 2; i <= items.size() && !parents.isEmpty(); i++) {
            Object item = i < items.size() ? items.get(i) : null;
            if (item != null) {
                children.add(node(type, item));
                continue;
            }
            link(parents.poll(), "children", children);
            parents.addAll(children);
            children = new ArrayList<>();
        }
        for (Object parent : parents) link(parent, "children", new ArrayList<>());
        return root;
    }

    private static String writeBranched(Object root) {
        List<Object> values = new ArrayList<>(Arrays.asList(root, null));
        for (int i = 0; i < values.size(); i++) {
            if (values.size() > 2 * MOST_NODES) throw new RuntimeException("the nodes never end");
            if (values.get(i) == null) continue;
            Object children = get(values.get(i), "children");
            if (children != null) values.addAll((List<?>) children);
            values.add(null);
        }
        return writeValues(values);
    }

    private static String write(Object value, Class<?> type) {
        return value == null && isNode(type) && !byValue ? "[]" : write(value);
    }

    private static String writeNodes(Object root) {
        if (isBranched(root.getClass())) return writeBranched(root);
        boolean isList = root.getClass().getSimpleName().equals("ListNode");
        if (!isList && byValue) return write(get(root, "val"));
        List<Object> level = new ArrayList<>(List.of(root));
        for (int i = 0; i < level.size(); i++) {
            Object node = level.get(i);
            if (level.size() > 2 * MOST_NODES) throw new RuntimeException("the nodes never end");
            if (node == null) continue;
            if (!isList) level.add(get(node, "left"));
            level.add(get(node, isList ? "next" : "right"));
        }
        return writeValues(level);
    }

    private static String writeValues(List<Object> level) {
        while (level.get(level.size() - 1) == null) level.remove(level.size() - 1);
        StringJoiner out = new StringJoiner(",", "[", "]");
        for (Object node : level) out.add(node == null ? "null" : write(get(node, "val")));
        return out.toString();
    }

    private static Object convert(Object json, Type type) {
        if (type instanceof ParameterizedType) return generic(json, (ParameterizedType) type);
        if (type instanceof WildcardType) return convert(json, ((WildcardType) type).getUpperBounds()[0]);
        if (type instanceof GenericArrayType) return array(json, ((GenericArrayType) type).getGenericComponentType());
        if (type instanceof TypeVariable) return natural(json);
        Class<?> plain = (Class<?>) type;
        if (isNode(plain)) return nodes(json, plain);
        if (plain == Optional.class) return Optional.ofNullable(natural(json));
        if (json == null && !plain.isPrimitive()) return null;
        if (plain.isArray()) return array(json, plain.getComponentType());
        if (plain == char.class || plain == Character.class) {
            if (!(json instanceof String) || ((String) json).length() != 1) throw new Mismatch(type);
            return ((String) json).charAt(0);
        }
        if (plain == boolean.class) plain = Boolean.class;
        if (json instanceof Number && (plain.isPrimitive() || Number.class.isAssignableFrom(plain))) return number((Number) json, plain);
        Object found = plain.isInterface() || Collection.class.isAssignableFrom(plain) || Map.class.isAssignableFrom(plain) ? collection(json, plain, null, null) : natural(json);
        if (plain.isInstance(found)) return found;
        if (json instanceof List || json instanceof Map) throw new Unable(type);
        throw new Mismatch(type);
    }

    private static Object number(Number number, Class<?> plain) {
        boolean isWhole = number instanceof java.math.BigInteger;
        if (plain == double.class || plain == Double.class) return number.doubleValue();
        if (plain == float.class || plain == Float.class) return number.floatValue();
        if (plain == java.math.BigDecimal.class) return new java.math.BigDecimal(number.toString());
        if (plain == Number.class) return natural(number);
        if (!isWhole) throw new Mismatch(plain);
        java.math.BigInteger whole = (java.math.BigInteger) number;
        if (plain == java.math.BigInteger.class) return whole;
        try {
            if (plain == int.class || plain == Integer.class) return whole.intValueExact();
            if (plain == long.class || plain == Long.class) return whole.longValueExact();
            if (plain == short.class || plain == Short.class) return whole.shortValueExact();
            if (plain == byte.class || plain == Byte.class) return whole.byteValueExact();
        } catch (ArithmeticException error) {
            throw new Mismatch(plain);
        }
        throw new Mismatch(plain);
    }

    // As Java's own where no type is said.
    private static Object natural(Object json) {
        if (json instanceof java.math.BigInteger) {
            java.math.BigInteger whole = (java.math.BigInteger) json;
            if (whole.bitLength() < 32) return whole.intValue();
            return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
        }
        if (json instanceof List) return collection(json, List.class, null, null);
        if (json instanceof Map) return collection(json, Map.class, null, null);
        return json;
    }

    private static Object array(Object json, Type item) {
        if (json == null) return null;
        Class<?> plain = rawOf(item);
        if (json instanceof String && plain == char.class) return ((String) json).toCharArray();
        if (!(json instanceof List)) throw new Mismatch(item);
        List<?> items = (List<?>) json;
        Object out = Array.newInstance(plain, items.size());
        for (int i = 0; i < items.size(); i++) Array.set(out, i, convert(items.get(i), item));
        return out;
    }

    private static Class<?> rawOf(Type type) {
        if (type instanceof Class) return (Class<?>) type;
        if (type instanceof ParameterizedType) return (Class<?>) ((ParameterizedType) type).getRawType();
        if (type instanceof GenericArrayType) return Array.newInstance(rawOf(((GenericArrayType) type).getGenericComponentType()), 0).getClass();
        return type instanceof TypeVariable ? rawOf(((TypeVariable<?>) type).getBounds()[0]) : Object.class;
    }

    private static Object generic(Object json, ParameterizedType type) {
        Class<?> raw = (Class<?>) type.getRawType();
        Type[] inner = type.getActualTypeArguments();
        if (raw == Optional.class) return Optional.ofNullable(json == null ? null : convert(json, inner[0]));
        if (json == null) return null;
        if (Map.Entry.class.isAssignableFrom(raw)) {
            List<?> two = (List<?>) json;
            return new AbstractMap.SimpleEntry<>(convert(two.get(0), inner[0]), convert(two.get(1), inner[1]));
        }
        return collection(json, raw, inner[0], inner[inner.length - 1]);
    }

    // Of the first of these kinds that fits, or else of the class itself.
    private static Object collection(Object json, Class<?> raw, Type first, Type last) {
        if (json instanceof Map) {
            Map<Object, Object> out = fitting(raw, LinkedHashMap.class, TreeMap.class, HashMap.class);
            ((Map<?, ?>) json).forEach((key, item) -> out.put(first == null ? key : key(key, first), last == null ? natural(item) : convert(item, last)));
            return out;
        }
        if (!(json instanceof List)) {
            if (raw.isInstance(json)) return json;
            throw new Mismatch(raw);
        }
        Collection<Object> out = fitting(raw, ArrayList.class, LinkedHashSet.class, TreeSet.class, LinkedList.class);
        for (Object item : (List<?>) json) out.add(first == null ? natural(item) : convert(item, first));
        return out;
    }

    @SuppressWarnings("unchecked")
    private static <T> T fitting(Class<?> raw, Class<?>... kinds) {
        try {
            for (Class<?> kind : kinds) if (raw.isAssignableFrom(kind)) return (T) kind.getDeclaredConstructor().newInstance();
            Object made = raw.getDeclaredConstructor().newInstance();
            if (made instanceof Collection || made instanceof Map) return (T) made;
        } catch (ReflectiveOperationException error) {
            throw new Unable(raw);
        }
        throw new Unable(raw);
    }

    private static Object key(Object key, Type type) {
        return type == String.class ? key : convert(JudgeJson.parse((String) key), type);
    }

    private static String write(Object value) {
        if (value == null || value instanceof Boolean) return String.valueOf(value);
        if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            if (Double.isNaN(number)) return "{\"float\":\"nan\"}";
            if (Double.isInfinite(number)) return number > 0 ? "{\"float\":\"inf\"}" : "{\"float\":\"-inf\"}";
            return String.valueOf(value);
        }
        if (value instanceof Number) return value.toString();
        if (isNode(value.getClass())) return writeNodes(value);
        if (value instanceof Optional) return write(((Optional<?>) value).orElse(null));
        if (value instanceof OptionalInt) return ((OptionalInt) value).isPresent() ? String.valueOf(((OptionalInt) value).getAsInt()) : "null";
        if (value instanceof OptionalLong) return ((OptionalLong) value).isPresent() ? String.valueOf(((OptionalLong) value).getAsLong()) : "null";
        if (value instanceof OptionalDouble) return ((OptionalDouble) value).isPresent() ? write(((OptionalDouble) value).getAsDouble()) : "null";
        if (value instanceof Map.Entry) return "[" + write(((Map.Entry<?, ?>) value).getKey()) + "," + write(((Map.Entry<?, ?>) value).getValue()) + "]";
        if (value instanceof java.util.stream.BaseStream) return write(listed(((java.util.stream.BaseStream<?, ?>) value).iterator()));
        if (value instanceof Record) return writeRecord(value);
        if (value.getClass().isArray()) {
            StringJoiner out = new StringJoiner(",", "[", "]");
            for (int i = 0; i < Array.getLength(value); i++) out.add(write(Array.get(value, i)));
            return out.toString();
        }
        if (value instanceof Map) {
            StringJoiner out = new StringJoiner(",", "{\"dict\":[", "]}");
            ((Map<?, ?>) value).forEach((key, item) -> out.add("[" + write(key) + "," + write(item) + "]"));
            return out.toString();
        }
        if (value instanceof Iterable) {
            StringJoiner out = new StringJoiner(",", "[", "]");
            for (Object item : (Iterable<?>) value) out.add(write(item));
            return value instanceof Set ? "{\"set\":" + out + "}" : out.toString();
        }
        if (!(value instanceof CharSequence || value instanceof Character || value instanceof Enum)) throw new Unable(value.getClass());
        StringBuilder out = new StringBuilder("\"");
        for (char c : value.toString().toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 0x20 || c > 0x7e) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }

    private static List<Object> listed(Iterator<?> items) {
        List<Object> out = new ArrayList<>();
        items.forEachRemaining(out::add);
        return out;
    }

    private static String writeRecord(Object value) {
        StringJoiner out = new StringJoiner(",", "[", "]");
        for (RecordComponent part : value.getClass().getRecordComponents()) {
            try {
                part.getAccessor().setAccessible(true);
                out.add(write(part.getAccessor().invoke(value)));
            } catch (ReflectiveOperationException error) { throw new RuntimeException(error); }
        }
        return out.toString();
    }
}
