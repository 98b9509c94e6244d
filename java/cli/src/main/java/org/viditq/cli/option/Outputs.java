package org.viditq.cli.option;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Keeps what a command writes away from what it reads, and from what exists.
 *
 * <p>Inputs are all files and folders that the command line names, except by {@code --out}, {@code
 * --report}, {@code --save-embeddings} and {@code --plot}: so no command has to list them. A file
 * is recognized under any name, through symbolic and hard links.
 */
public final class Outputs {
  private static final Set<String> OUTPUTS =
      Set.of("--out", "--save-embeddings", "--plot", "--report");

  /** Words, not names of files, even where a file is called so. */
  private static final Set<String> WORDS = Set.of("TEXT", "WORD", "KEY");

  private static final Pattern WEIGHTS =
      Pattern.compile(".*\\.(safetensors|bin|pt|pth|ckpt)|.*\\.index(\\..+)?\\.json");

  /** How deep an input folder is looked into: cached snapshots of pipelines are not deeper. */
  private static final int DEPTH = 6;

  private final List<Path> inputs;
  private final boolean force;

  /**
   * @param spec of the command, whose arguments have been parsed
   * @param force whether existing files may be replaced, other than inputs
   */
  public Outputs(CommandSpec spec, boolean force) {
    this(inputsOf(spec), force);
  }

  Outputs(List<Path> inputs, boolean force) {
    this.inputs = List.copyOf(inputs);
    this.force = force;
  }

  /**
   * @throws UsageException if the file is an input, or exists and may not be replaced
   */
  public void requireFile(Path file) {
    if (!Files.exists(file, NOFOLLOW_LINKS) || Files.isDirectory(file)) {
      return; // a folder is refused where it is written
    }
    same(file, this::filesBelow).ifPresent(input -> refuse(file, input));
    if (!force && (Files.isRegularFile(file) || Files.isSymbolicLink(file))) {
      throw new UsageException(
          "There is a file "
              + Printable.line(file.toString())
              + " already; replace it with --force, or give another name.");
    }
  }

  /**
   * @param names of the files that are written there; others that exist stay
   * @throws UsageException if the folder is an input, or part of one, if a file would take the
   *     place of an input, or if there are files in it that may not be replaced
   */
  public void requireFolder(Path folder, String... names) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    same(folder, this::foldersBelow).ifPresent(input -> refuse(folder, input));
    for (String name : names) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        same(file, this::filesBelow).ifPresent(input -> refuse(file, input));
      }
    }
    if (!force && !isEmpty(folder)) {
      throw new UsageException(
          "There are files in "
              + Printable.line(folder.toString())
              + " already; replace those of the same names with --force, or give another name.");
    }
  }

  /**
   * For a folder of weights: others beside those that are written would be read instead of them, or
   * mixed up with them.
   *
   * @param names of the files that are written there
   * @throws UsageException if there are other weights
   */
  public void requireNoOtherWeights(Path folder, String... names) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> WEIGHTS.matcher(name).matches() && !List.of(names).contains(name))
          .sorted()
          .findFirst()
          .ifPresent(
              name -> {
                throw new UsageException(
                    Printable.line(folder.toString())
                        + " holds other weights, such as "
                        + Printable.name(name)
                        + "; name another folder.");
              });
    } catch (IOException unreadable) {
      // It will be told when it is written.
    }
  }

  private static void refuse(Path output, Path input) {
    throw new UsageException(
        Printable.line(output.toString())
            + " is "
            + (output.equals(input) ? "" : Printable.line(input.toString()) + ", ")
            + "what this command reads; give the result another name.");
  }

  /** The input, or what lies below it, that is the same file or folder. */
  private Optional<Path> same(Path output, Function<Path, List<Path>> below) {
    for (Path input : inputs) {
      for (Path path : below.apply(input)) {
        try {
          if (Files.isSameFile(output, path)) {
            return Optional.of(path);
          }
        } catch (IOException gone) {
          // A link to nowhere is no input.
        }
      }
    }
    return Optional.empty();
  }

  private List<Path> filesBelow(Path input) {
    return below(input).stream().filter(Files::isRegularFile).toList();
  }

  private List<Path> foldersBelow(Path input) {
    return below(input).stream().filter(Files::isDirectory).toList();
  }

  /** The input and all that is in it, as far as it can be read. */
  private static List<Path> below(Path input) {
    List<Path> paths = new ArrayList<>();
    FileVisitor<Path> collect =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            paths.add(folder);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            paths.add(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path unreadableOrLoop, IOException reason) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException reason) {
            return FileVisitResult.CONTINUE;
          }
        };
    try {
      Files.walkFileTree(input, Set.of(FileVisitOption.FOLLOW_LINKS), DEPTH, collect);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return paths;
  }

  private static boolean isEmpty(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.allMatch(AtomicOutput::isUnfinished);
    } catch (IOException unreadable) {
      return true; // it will be told when it is written
    }
  }

  private static List<Path> inputsOf(CommandSpec spec) {
    List<Path> inputs = new ArrayList<>();
    for (ArgSpec argument : spec.args()) {
      boolean output =
          argument instanceof OptionSpec option && OUTPUTS.contains(option.longestName());
      if (!output && !WORDS.contains(argument.paramLabel())) {
        add(argument.getValue(), inputs);
      }
    }
    return inputs;
  }

  private static void add(Object value, List<Path> inputs) {
    if (value instanceof Iterable<?> several && !(value instanceof Path)) {
      several.forEach(one -> add(one, inputs));
    } else if (value instanceof Path path) {
      if (Files.exists(path)) {
        inputs.add(path);
      }
    } else if (value instanceof String text && !text.isBlank()) {
      // The name of a plan or a file; a file with a number behind it.
      addIfFile(text, inputs);
      int colon = text.lastIndexOf(':');
      if (colon > 0) {
        addIfFile(text.substring(0, colon), inputs);
      }
    }
  }

  private static void addIfFile(String text, List<Path> inputs) {
    try {
      Path path = Path.of(text);
      if (Files.isRegularFile(path)) {
        inputs.add(path);
      }
    } catch (InvalidPathException noPath) {
      // Then it is no file.
    }
  }
}
