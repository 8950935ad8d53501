// JSON as lists, maps, texts and numbers.
import java.util.*;

final class JudgeJson {
    private final String text;
    private int at;

    private JudgeJson(String text) { this.text = text; }

    static Object parse(String text) { return new JudgeJson(text).value(); }

    private Object value() {
        space();
        Object found = switch (text.charAt(at)) {
            case '[' -> list();
            case '{' -> object();
            case '"' -> string();
            case 't' -> word(4, true);
            case 'f' -> word(5, false);
            case 'n' -> word(4, null);
            default -> number();
        };
        space();
        return found;
    }

    private void space() { while (at < text.length() && Character.isWhitespace(text.charAt(at))) at++; }

    private Object word(int length, Object meaning) { at += length; return meaning; }

    private List<Object> list() {
        List<Object> out = new ArrayList<>();
        for (at++, space(); text.charAt(at) != ']'; ) {
            out.add(value());
            if (text.charAt(at) == ',') at++;
        }
        at++;
        return out;
    }

    private Map<Object, Object> object() {
        Map<Object, Object> out = new LinkedHashMap<>();
        for (at++, space(); text.charAt(at) != '}'; ) {
            space();
            String key = string();
            space();
            at++;
            out.put(key, value());
            if (text.charAt(at) == ',') at++;
        }
        at++;
        return out;
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            if (text.charAt(at) != '\\') { out.append(text.charAt(at)); continue; }
            char c = text.charAt(++at);
            if (c == 'u') { out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16)); at += 4; }
            else out.append(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c);
        }
        at++;
        return out.toString();
    }

    private Number number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) at++;
        String digits = text.substring(start, at);
        if (digits.matches("-?\\d+")) return new java.math.BigInteger(digits);
        return Double.valueOf(digits);
    }
}
