package org.viditq.core.io;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What is commonly found in place of a file that was not downloaded, known by its first bytes. */
public enum Placeholder {
  LFS_POINTER(
      "is a Git LFS pointer; its content was not downloaded",
      "run git lfs pull in the repository that it belongs to"),
  ANNEX_POINTER(
      "is a pointer of git-annex; its content was not downloaded",
      "run git annex get in the repository that it belongs to"),
  WEB_PAGE(
      "is a web page and not the file itself",
      "download the file itself, from /resolve/ instead of /blob/ if it is on the Hugging Face"
          + " hub");

  private static final int START = 512;

  private final String what;
  private final String advice;

  Placeholder(String what, String advice) {
    this.what = what;
    this.advice = advice;
  }

  /** What it is: words that follow the file's name. */
  public String what() {
    return what;
  }

  /** What to do about it. */
  public String advice() {
    return advice;
  }

  /**
   * The sentence that refuses it.
   *
   * @param file as its subject: a name, with what it is in front
   */
  public String refusal(String file) {
    return file + " " + what + "; " + advice + ".";
  }

  /** What a file is that starts with {@code content}; empty if it may be the file itself. */
  public static Optional<Placeholder> of(byte[] content) {
    byte[] start = Arrays.copyOf(content, Math.min(START, content.length));
    return ofText(new String(start, StandardCharsets.ISO_8859_1));
  }

  /**
   * As {@link #of}.
   *
   * @param bytes as ISO 8859-1 has them
   */
  public static Optional<Placeholder> ofText(String bytes) {
    String start =
        (bytes.startsWith("\u00ef\u00bb\u00bf") ? bytes.substring(3) : bytes).stripLeading();
    if (start.startsWith("version https://git-lfs") || start.startsWith("version https://hawser")) {
      return Optional.of(LFS_POINTER);
    }
    if (start.startsWith("/annex/objects/")
        || start.startsWith("../") && start.contains(".git/annex/objects/")
        || start.startsWith(".git/annex/objects/")) {
      return Optional.of(ANNEX_POINTER);
    }
    String lower = start.toLowerCase(Locale.ROOT);
    return lower.startsWith("<!doctype")
            || lower.startsWith("<html")
            || lower.startsWith("<head")
            || lower.startsWith("<body")
            || lower.startsWith("<!--")
            || lower.startsWith("<?xml")
            || lower.startsWith("<error")
        ? Optional.of(WEB_PAGE)
        : Optional.empty();
  }
}
