package org.viditq.core.text;

import java.nio.charset.Charset;
import java.text.Normalizer;
import java.util.Map;
import java.util.regex.Pattern;
import org.jsoup.parser.Parser;

/**
 * What {@code ftfy.fix_text} does to a text, but for the repair of mojibake (UTF-8 that was read in
 * another encoding), which needs its statistics: HTML entities, Latin ligatures, half and full
 * width, curly quotes, line breaks, unpaired surrogates, terminal escapes, control characters, and
 * NFC, until nothing changes any more.
 */
final class TextRepair {
  private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

  private static final Map<Integer, String> LIGATURES =
      Map.ofEntries(
          Map.entry(0x132, "IJ"),
          Map.entry(0x133, "ij"),
          Map.entry(0x149, "\u02BCn"),
          Map.entry(0x1F1, "DZ"),
          Map.entry(0x1F2, "Dz"),
          Map.entry(0x1F3, "dz"),
          Map.entry(0x1C4, "D\u017D"),
          Map.entry(0x1C5, "D\u017E"),
          Map.entry(0x1C6, "d\u017E"),
          Map.entry(0x1C7, "LJ"),
          Map.entry(0x1C8, "Lj"),
          Map.entry(0x1C9, "lj"),
          Map.entry(0x1CA, "NJ"),
          Map.entry(0x1CB, "Nj"),
          Map.entry(0x1CC, "nj"),
          Map.entry(0xFB00, "ff"),
          Map.entry(0xFB01, "fi"),
          Map.entry(0xFB02, "fl"),
          Map.entry(0xFB03, "ffi"),
          Map.entry(0xFB04, "ffl"),
          Map.entry(0xFB05, "\u017Ft"),
          Map.entry(0xFB06, "st"));

  private static final Pattern DOUBLE_QUOTE = Pattern.compile("[\u201C-\u201F]");
  private static final Pattern SINGLE_QUOTE = Pattern.compile("[\u02BC\u2018-\u201B]");
  private static final Pattern LINE_BREAK = Pattern.compile("\r\n|[\r\u2028\u2029\u0085]");
  private static final Pattern TERMINAL_ESCAPE = Pattern.compile("\u001B\\[[\\p{Nd};]*[a-zA-Z]");
  private static final Pattern CONTROL =
      Pattern.compile("[\\x00-\\x08\\x0B\\x0E-\\x1F\\x7F\\u206A-\\u206F\\uFEFF\\uFFF9-\\uFFFC]");

  private static final String ENTITY_START = "&";
  private static final String TAG_START = "<";

  private TextRepair() {}

  static String repair(String text) {
    String before;
    String after = text;
    do {
      before = after;
      after = once(before);
    } while (!after.equals(before));
    return after;
  }

  /** The characters that HTML entities stand for, as {@code html.unescape} of Python. */
  static String unescape(String text) {
    return text.contains(ENTITY_START) ? Parser.unescapeEntities(text, false) : text;
  }

  private static String once(String text) {
    String t = text.contains(TAG_START) ? text : unescape(text);
    t = WellFormedText.of(t);
    StringBuilder plain = new StringBuilder(t.length());
    t.codePoints().forEach(c -> appendPlain(plain, c));
    t = DOUBLE_QUOTE.matcher(plain).replaceAll("\"");
    t = SINGLE_QUOTE.matcher(t).replaceAll("'");
    t = LINE_BREAK.matcher(t).replaceAll("\n");
    t = TERMINAL_ESCAPE.matcher(t).replaceAll("");
    t = CONTROL.matcher(t).replaceAll("");
    return Normalizer.normalize(t, Normalizer.Form.NFC);
  }

  private static void appendPlain(StringBuilder plain, int c) {
    if (c >= 0x80 && c <= 0x9F) {
      plain.append(ofWindows1252(c));
    } else if (LIGATURES.containsKey(c)) {
      plain.append(LIGATURES.get(c));
    } else if (c == 0x3000 || c >= 0xFF01 && c <= 0xFFEF) {
      plain.append(Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC));
    } else {
      plain.appendCodePoint(c);
    }
  }

  /** C1 control characters are Windows-1252 in truth, but for five bytes that it does not use. */
  private static String ofWindows1252(int c) {
    String read = new String(new byte[] {(byte) c}, WINDOWS_1252);
    return read.equals("\uFFFD") ? Character.toString(c) : read;
  }
}
