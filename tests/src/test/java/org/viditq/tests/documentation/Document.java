package org.viditq.tests.documentation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A Markdown file of this project.
 *
 * @param name its path from the project's folder
 */
record Document(Path name, String text) {
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

  private static final Pattern FENCE =
      Pattern.compile("^```(\\w*)\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern SPAN = Pattern.compile("`([^`]+)`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);

  static Document read(Path name) throws IOException {
    return new Document(name, Files.readString(PROJECT.resolve(name)));
  }

  /** Where a link leads, as a path of this machine; for {@code ""} the document itself. */
  Path resolve(String link) {
    return link.isEmpty()
        ? PROJECT.resolve(name)
        : PROJECT.resolve(name).resolveSibling(link).normalize();
  }

  /** Targets of links, in order. */
  List<String> links() {
    return matches(LINK, withoutFences()).stream().map(match -> match.group(1)).toList();
  }

  /** What is set as code within sentences, on one line each. */
  List<String> spans() {
    return matches(SPAN, withoutFences()).stream()
        .map(match -> match.group(1).replaceAll("\\s+", " "))
        .toList();
  }

  /** Blocks of code in a language, in order. */
  List<String> blocks(String language) {
    return matches(FENCE, text).stream()
        .filter(match -> match.group(1).equals(language))
        .map(match -> match.group(2))
        .toList();
  }

  /** What a link may have behind its {@code #}, by the rules of GitHub. */
  Set<String> anchors() {
    Map<String, Integer> seen = new HashMap<>();
    Set<String> anchors = new HashSet<>();
    for (MatchResult heading : matches(HEADING, withoutFences())) {
      String anchor =
          heading
              .group(1)
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{L}\\p{N}_ -]", "")
              .replace(' ', '-');
      int before = seen.merge(anchor, 1, Integer::sum) - 1;
      anchors.add(before == 0 ? anchor : anchor + "-" + before);
    }
    return anchors;
  }

  private String withoutFences() {
    return FENCE.matcher(text).replaceAll("");
  }

  private static List<MatchResult> matches(Pattern pattern, String text) {
    return new ArrayList<>(pattern.matcher(text).results().toList());
  }

  @Override
  public String toString() {
    return name.toString();
  }
}
