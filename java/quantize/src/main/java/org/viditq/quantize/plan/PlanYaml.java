package org.viditq.quantize.plan;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Placeholder;
import org.viditq.core.io.WholeFile;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads one YAML document as PyYAML's safe loader does, which the published code uses: YAML 1.1
 * with anchors and merge keys, UTF-8 or UTF-16 with or without a byte order mark. A key that comes
 * twice is an error, as it is in OmegaConf.
 */
final class PlanYaml {
  /** Far above any real plan (the largest published map is 60 kB), far below any memory trouble. */
  private static final int MAX_BYTES = 4 << 20;

  /** Longest text that may be the target of a symbolic link. */
  private static final int MAX_LINK = 1000;

  private PlanYaml() {}

  static PlanNode read(Path file) {
    return read(file, true);
  }

  private static PlanNode read(Path file, boolean follow) {
    if (String.valueOf(file.getFileName()).endsWith(".py")) {
      throw new InvalidPlanException(
          file
              + " is a Python program, which is not run; a plan is a YAML file, and what such a"
              + " program says about the model and its sampling is given as options.");
    }
    byte[] bytes;
    try {
      bytes =
          WholeFile.read(file, MAX_BYTES)
              .orElseThrow(
                  () ->
                      new InvalidPlanException(
                          file
                              + " is larger than "
                              + (MAX_BYTES >> 20)
                              + " MiB; this is no plan."));
    } catch (IOException e) {
      throw new InvalidPlanException("Cannot read plan " + file + ": " + IoReason.of(e) + ".", e);
    }
    Optional<Placeholder> placeholder = Placeholder.of(bytes);
    if (placeholder.isPresent()) {
      throw new InvalidPlanException(placeholder.get().refusal("The plan " + file));
    }
    String source = file.toString();
    Object document = document(bytes, source);
    if (follow && document instanceof String text && looksLikeLink(text)) {
      return read(target(file, text), false);
    }
    return PlanNode.root(source, YamlTree.of(document, source));
  }

  /** A symbolic link that git has written as a text file, where the file system has no links. */
  private static boolean looksLikeLink(String text) {
    return text.length() <= MAX_LINK && (text.endsWith(".yaml") || text.endsWith(".yml"));
  }

  private static Path target(Path file, String text) {
    try {
      Path target = file.toAbsolutePath().resolveSibling(text).normalize();
      if (Files.isRegularFile(target)) {
        return target;
      }
    } catch (InvalidPathException noPath) {
      // Said below.
    }
    throw new InvalidPlanException(
        file
            + " holds only the name "
            + text
            + ", as git writes a symbolic link where there are none, and there is no such file"
            + " beside it; give the plan itself.");
  }

  static PlanNode parse(byte[] yaml, String source) {
    return PlanNode.root(source, YamlTree.of(document(yaml, source), source));
  }

  /** Maps, lists and scalars. */
  private static Object document(byte[] yaml, String source) {
    Object document;
    try {
      Iterator<Object> documents = parser().loadAll(text(yaml)).iterator();
      document = documents.hasNext() ? documents.next() : null;
      if (documents.hasNext()) {
        throw new InvalidPlanException(
            source + " holds more than one YAML document; a plan is one.");
      }
    } catch (CharacterCodingException notText) {
      throw malformed(source, "it is not UTF-8 text", notText);
    } catch (MarkedYAMLException malformed) {
      throw malformed(source, describe(malformed), malformed);
    } catch (YAMLException malformed) {
      throw malformed(source, firstLine(malformed.getMessage()), malformed);
    } catch (StackOverflowError nested) {
      throw malformed(source, "it is nested too deeply", nested);
    } catch (InvalidPlanException known) {
      throw known;
    } catch (RuntimeException malformed) {
      // SnakeYAML's constructors let NumberFormatException and the like through.
      throw malformed(source, firstLine(String.valueOf(malformed.getMessage())), malformed);
    }
    if (document == null) {
      throw new InvalidPlanException(source + " is empty; a plan needs at least weight bits.");
    }
    return document;
  }

  private static Yaml parser() {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    options.setAllowRecursiveKeys(false);
    options.setCodePointLimit(MAX_BYTES);
    return new Yaml(new SafeConstructor(options));
  }

  /** By the byte order mark, as YAML's specification has it; UTF-8 without one. */
  private static String text(byte[] bytes) throws CharacterCodingException {
    Charset charset = StandardCharsets.UTF_8;
    int mark = 0;
    if (startsWith(bytes, 0xef, 0xbb, 0xbf)) {
      mark = 3;
    } else if (startsWith(bytes, 0xff, 0xfe)) {
      charset = StandardCharsets.UTF_16LE;
      mark = 2;
    } else if (startsWith(bytes, 0xfe, 0xff)) {
      charset = StandardCharsets.UTF_16BE;
      mark = 2;
    }
    ByteBuffer content = ByteBuffer.wrap(bytes, mark, bytes.length - mark);
    return charset.newDecoder().decode(content).toString();
  }

  private static boolean startsWith(byte[] bytes, int... mark) {
    for (int i = 0; i < mark.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xff) != mark[i]) {
        return false;
      }
    }
    return true;
  }

  private static String describe(MarkedYAMLException malformed) {
    String context = malformed.getContext() == null ? "" : malformed.getContext().strip() + ": ";
    String problem = malformed.getProblem() == null ? "malformed" : malformed.getProblem();
    return firstLine(context + problem)
        + (malformed.getProblemMark() == null
            ? ""
            : " (line " + (malformed.getProblemMark().getLine() + 1) + ")");
  }

  private static InvalidPlanException malformed(String source, String reason, Throwable cause) {
    return new InvalidPlanException(source + " is not valid YAML: " + reason + ".", cause);
  }

  private static String firstLine(String message) {
    String line = message.lines().findFirst().orElse("malformed").strip();
    return line.length() <= 300 ? line : line.substring(0, 297) + "...";
  }
}
