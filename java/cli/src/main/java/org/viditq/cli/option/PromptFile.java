package org.viditq.cli.option;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Placeholder;
import org.viditq.core.io.StrictJson;
import org.viditq.core.io.WholeFile;

/**
 * Reads prompts: one per line, spaces around it and empty lines left out; of a {@code .json} file
 * the texts of a list, or of the list under {@code prompts}; of a {@code .jsonl} file one JSON
 * value per line. In place of a text there may be an object with one under {@code prompt}, {@code
 * caption} or {@code text}; an empty one is a prompt like others.
 *
 * <p>UTF-8, or UTF-16 with a byte order mark. Other encodings cannot be told apart, so they are
 * refused, as are tables ({@code .csv}, {@code .tsv}), whose columns only their reader knows.
 */
public final class PromptFile {
  private static final int MAX_BYTES = 256 << 20;
  private static final List<String> KEYS = List.of("prompt", "caption", "text");

  private final Path file;

  private PromptFile(Path file) {
    this.file = file;
  }

  /**
   * The prompts of a file, in order, at least one.
   *
   * @throws UsageException if it cannot be read or holds no prompt
   */
  public static List<String> read(Path file) {
    return new PromptFile(file).read();
  }

  private List<String> read() {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".csv") || name.endsWith(".tsv")) {
      throw new UsageException(
          "The prompt file "
              + file
              + " is a table, and which of its columns is the prompt is not known; write one prompt"
              + " per line into a .txt file, or a list into a .json file.");
    }
    String text = text();
    List<String> prompts =
        name.endsWith(".json")
            ? texts(json(text, ""))
            : name.endsWith(".jsonl") || name.endsWith(".ndjson") ? lines(text) : plain(text);
    if (prompts.isEmpty()) {
      throw new UsageException("The prompt file " + file + " holds no prompt.");
    }
    return prompts;
  }

  private static List<String> plain(String text) {
    return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  private List<String> lines(String text) {
    List<String> prompts = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.isBlank()) {
        prompts.add(prompt(json(line, " in line " + number), "Line " + number));
      }
    }
    return prompts;
  }

  private List<String> texts(JsonNode root) {
    JsonNode list = root.isObject() ? root.path("prompts") : root;
    if (!list.isArray()) {
      throw new UsageException(
          "The prompt file " + file + " holds neither a list nor an object with a list prompts.");
    }
    List<String> prompts = new ArrayList<>();
    for (JsonNode entry : list) {
      prompts.add(prompt(entry, "Entry " + (prompts.size() + 1)));
    }
    return prompts;
  }

  private String prompt(JsonNode entry, String where) {
    JsonNode text = entry;
    for (String key : KEYS) {
      if (text.isObject() && text.path(key).isTextual()) {
        text = text.get(key);
      }
    }
    if (!text.isTextual()) {
      throw new UsageException(
          where
              + " of the prompt file "
              + file
              + " is no prompt: it must be a text, or an object with one under "
              + String.join(", ", KEYS)
              + ".");
    }
    return text.textValue().strip();
  }

  private JsonNode json(String text, String where) {
    try {
      return StrictJson.parse(text.getBytes(StandardCharsets.UTF_8));
    } catch (JsonProcessingException malformed) {
      throw new UsageException(
          "The prompt file "
              + file
              + " is not valid JSON"
              + where
              + ": "
              + StrictJson.describe(malformed)
              + ".",
          malformed);
    }
  }

  private String text() {
    byte[] bytes;
    try {
      bytes =
          WholeFile.read(file, MAX_BYTES)
              .orElseThrow(
                  () ->
                      new UsageException(
                          "The prompt file "
                              + file
                              + " is larger than "
                              + (MAX_BYTES >> 20)
                              + " MiB."));
    } catch (IOException unreadable) {
      throw new UsageException(
          "Cannot read the prompt file " + file + ": " + IoReason.of(unreadable) + ".", unreadable);
    }
    Optional<Placeholder> placeholder = Placeholder.of(bytes);
    if (placeholder.isPresent()) {
      throw new UsageException(placeholder.get().refusal("The prompt file " + file));
    }
    try {
      String text = decode(bytes);
      if (text.indexOf('\0') >= 0) {
        throw new UsageException(
            "The prompt file "
                + file
                + " holds NUL characters: it is no text, or UTF-16 without a byte order mark; save"
                + " it as UTF-8.");
      }
      return text;
    } catch (CharacterCodingException other) {
      throw new UsageException(
          "The prompt file " + file + " is not UTF-8 text; save it as UTF-8.", other);
    }
  }

  /** A byte order mark is no part of a prompt. */
  private static String decode(byte[] bytes) throws CharacterCodingException {
    Charset charset = StandardCharsets.UTF_8;
    if (bytes.length >= 2 && bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xfe) {
      charset = StandardCharsets.UTF_16LE;
    } else if (bytes.length >= 2 && bytes[0] == (byte) 0xfe && bytes[1] == (byte) 0xff) {
      charset = StandardCharsets.UTF_16BE;
    }
    String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }
}
