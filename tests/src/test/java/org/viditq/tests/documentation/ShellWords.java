package org.viditq.tests.documentation;

import java.util.ArrayList;
import java.util.List;

/** The commands of a shell script, as far as documentation has shell. */
final class ShellWords {
  private ShellWords() {}

  /**
   * Cuts a script into commands of words: at line ends, {@code |}, {@code ;} and {@code &&}, with
   * continued lines, comments and both quotes. Redirections stay words, and nothing is expanded.
   */
  static List<List<String>> commands(String script) {
    List<List<String>> commands = new ArrayList<>();
    List<String> words = new ArrayList<>();
    StringBuilder word = null;
    char quote = 0;
    for (int i = 0; i <= script.length(); i++) {
      char c = i < script.length() ? script.charAt(i) : '\n';
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '\'' || c == '"') {
        quote = c;
        word = word == null ? new StringBuilder() : word;
      } else if (c == '\\' && i + 1 < script.length()) {
        i++;
        if (script.charAt(i) != '\n') {
          word = (word == null ? new StringBuilder() : word).append(script.charAt(i));
        }
      } else if (c == '#' && word == null) {
        i = script.indexOf('\n', i) < 0 ? script.length() : script.indexOf('\n', i) - 1;
      } else if (Character.isWhitespace(c) || c == '|' || c == ';' || c == '&') {
        if (word != null) {
          words.add(word.toString());
          word = null;
        }
        if (!Character.isWhitespace(c) || c == '\n') {
          if (!words.isEmpty()) {
            commands.add(words);
            words = new ArrayList<>();
          }
        }
      } else {
        word = (word == null ? new StringBuilder() : word).append(c);
      }
    }
    return commands;
  }
}
