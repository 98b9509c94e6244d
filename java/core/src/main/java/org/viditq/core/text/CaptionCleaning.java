package org.viditq.core.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;

/**
 * The cleaning of captions that T5-conditioned models were trained with: {@code _clean_caption} of
 * diffusers' pipelines ({@code clean_caption=True}), which DeepFloyd IF, PixArt and Open-Sora
 * share. It makes lower case and removes addresses, HTML, Chinese characters, nicknames, file
 * names, article numbers and advertising, and unifies dashes, quotes and white space. Prompts that
 * people write rarely need it, and it removes what some mean (everything Chinese), so it is off
 * unless asked for.
 *
 * <p>Differences from the published code, all in broken input: mojibake is left as it is ({@link
 * TextRepair}); tags that never end, entities that HTML does not know or that the text ends in, and
 * CDATA sections are read as jsoup reads them, not as Python's html.parser does; a domain name has
 * at most 253 characters before its last dot.
 */
public final class CaptionCleaning {
  private static final String ENDINGS = "(?:png|jpg|jpeg|bmp|webp|eps|pdf|apk|mp4)";

  /** The names that URLs are known by, after {@code http} or {@code www:}, which the code has. */
  private static final String DOMAIN =
      "[a-zA-Z0-9.\\-]{1,253}[.](?:com|co|ru|net|org|edu|gov|it)[\\w/-]*\\b\\/?(?!@)";

  private static final String ADDRESS = "(?:\\/{1,3}|[a-zA-Z0-9%])";

  private record Rule(Pattern pattern, String replacement) {
    String apply(String text) {
      return pattern.matcher(text).replaceAll(replacement);
    }
  }

  private static final List<Rule> BEFORE_HTML =
      List.of(
          rule("<person>", "person"),
          rule("\\b(?:https?:" + ADDRESS + "|" + DOMAIN + ")", ""),
          rule("\\b(?:www:" + ADDRESS + "|" + DOMAIN + ")", ""));

  private static final List<Rule> AFTER_HTML =
      List.of(
          rule("@[\\w\\d]+\\b", ""),
          // Strokes, phonetic extensions, enclosed letters, compatibility, ideographs, hexagrams.
          rule("[\\u31c0-\\u31ef\\u31f0-\\u31ff\\u3200-\\u4dff\\u4e00-\\u9fff]+", ""),
          rule(
              "[\\u002D\\u058A\\u05BE\\u1400\\u1806\\u2010-\\u2015\\u2E17\\u2E1A\\u2E3A\\u2E3B"
                  + "\\u2E40\\u301C\\u3030\\u30A0\\uFE31\\uFE32\\uFE58\\uFE63\\uFF0D]+",
              "-"),
          rule("[`\u00B4\u00AB\u00BB\u201C\u201D\u00A8]", "\""),
          rule("[\u2018\u2019]", "'"),
          rule("&quot;?", ""),
          rule("&amp", ""),
          rule("\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}", " "), // IP addresses
          rule("\\d:\\d\\d\\s+$", ""),
          rule("\\\\n", " "),
          rule("#\\d{1,3}\\b", ""),
          rule("#\\d{5,}\\b", ""),
          rule("\\b\\d{6,}\\b", ""),
          // A name can only start where the text before ends: else this takes quadratic time.
          rule("(?<!\\S)\\S+\\." + ENDINGS, ""),
          rule("[\"']{2,}", "\""),
          rule("[.]{2,}", " "),
          rule(
              "[#\u00AE\u2022\u00A9\u2122&@\u00B7\u00BA\u00BD\u00BE\u00BF\u00A1\u00A7~"
                  + "\\)\\(\\]\\[\\}\\{\\|\\\\\\/\\*]+",
              " "),
          rule("(?<!\\s)\\s+\\.\\s+", " "));

  private static final List<Rule> AFTER_REPAIR =
      List.of(
          rule("\\b[a-zA-Z]{1,3}\\d{3,15}\\b", ""), // jc6640
          rule("\\b[a-zA-Z]+\\d+[a-zA-Z]+\\b", ""), // jc6640vc
          rule("\\b\\d+[a-zA-Z]+\\d+\\b", ""), // 6640vc231
          rule("(worldwide\\s+)?(free\\s+)?shipping", ""),
          rule("(free\\s)?download(\\sfree)?", ""),
          rule("\\bclick\\b\\s(?:for|on)\\s\\w+", ""),
          rule("\\b" + ENDINGS + "(\\simage[s]?)?", ""),
          rule("\\bpage\\s+\\d+\\b", ""),
          rule("\\b\\d*[a-zA-Z]+\\d+[a-zA-Z]+\\d[a-zA-Z\\d]*+\\b", " "), // j2d1a2a
          rule("\\b\\d++(?:\\.\\d*+)?[x\u0445\u00D7]\\d+(?:\\.\\d*)?\\b", ""), // 10x20.5
          rule("\\b\\s+\\:\\s+", ": "),
          rule("(\\D[,\\./])\\b", "$1 "),
          rule("\\s+", " "),
          rule("^[\"']([\\d\\D]+)[\"']$", "$1"),
          rule("^['\\_,\\-\\:;]", ""),
          rule("['\\_,\\-\\:\\-\\+]$", ""),
          rule("^\\.\\S+$", ""));

  private static final Pattern WHITE_SPACE_AROUND = PythonPattern.compile("^\\s+|\\s+$");
  private static final Pattern JOINT = Pattern.compile("[-_]");

  /** This many joints may be hyphens; where there are more they are white space. */
  private static final int MAX_JOINTS = 3;

  private static final Pattern PERCENT_ENCODED = Pattern.compile("(?:%[0-9a-fA-F]{2})+");

  private CaptionCleaning() {}

  /** The cleaned caption, cleaned twice as the models' training data was; it may be empty. */
  public static String clean(String caption) {
    return cleanOnce(cleanOnce(WellFormedText.of(caption)));
  }

  private static String cleanOnce(String caption) {
    String text = strip(unquote(caption)).toLowerCase(Locale.ROOT);
    text = textOfHtml(apply(BEFORE_HTML, text));
    text = apply(AFTER_HTML, text);
    if (JOINT.matcher(text).results().limit(MAX_JOINTS + 1L).count() > MAX_JOINTS) {
      text = JOINT.matcher(text).replaceAll(" ");
    }
    text = TextRepair.unescape(TextRepair.unescape(TextRepair.repair(text)));
    return strip(apply(AFTER_REPAIR, text));
  }

  private static String apply(List<Rule> rules, String text) {
    String result = text;
    for (Rule rule : rules) {
      result = rule.apply(result);
    }
    return result;
  }

  private static Rule rule(String regex, String replacement) {
    return new Rule(PythonPattern.compile(regex), replacement);
  }

  private static String strip(String text) {
    return WHITE_SPACE_AROUND.matcher(text).replaceAll("");
  }

  /** Undoes the encoding of URL queries: + is a space, %C3%A9 is é; what is no UTF-8 is U+FFFD. */
  private static String unquote(String text) {
    return PERCENT_ENCODED
        .matcher(text.replace('+', ' '))
        .replaceAll(run -> Matcher.quoteReplacement(decode(run.group())));
  }

  private static String decode(String run) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 1; i < run.length(); i += 3) {
      bytes.write(Integer.parseInt(run, i, i + 2, 16));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** The text between tags, without scripts, styles, comments and declarations. */
  private static String textOfHtml(String html) {
    if (!html.contains("<") && !html.contains("&")) {
      return html;
    }
    // As XML, for HTML's rules about where elements belong would move and drop text.
    Document document = Jsoup.parse(html, "", Parser.xmlParser());
    StringBuilder text = new StringBuilder(html.length());
    document.traverse(
        (node, depth) -> {
          if (node instanceof TextNode piece && !isHidden(piece.parent())) {
            text.append(piece.getWholeText());
          }
        });
    return text.toString();
  }

  private static boolean isHidden(Node parent) {
    return parent instanceof Element element
        && List.of("script", "style", "template").contains(element.tagName());
  }
}
