package org.viditq.cli.bundle;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.Outputs;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq bundle}: viditq, Java and models in one folder or archive. */
@Command(
    name = "bundle",
    header = "Pack viditq with its Java runtime, natives and models for a machine without any.",
    description = {
      "",
      "The bundle needs a Linux of the same processor architecture with a C library as new as this"
          + " machine's and a shell; neither Java nor a network. In parts, a script beside them"
          + " checks and joins them.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq bundle --model DIR --out viditq-bundle.tar.gz",
      "  viditq bundle --model DIR --part-size 60MiB --out parts/viditq-bundle.tar.gz",
      "  viditq bundle --library /opt/tensorrt/lib --out bundle"
    })
public final class BundleCommand implements Callable<Integer> {
  private static final String ARCHIVE = ".tar.gz";
  private static final String TOP = "viditq-bundle";
  private static final long SMALLEST_PART = 1 << 20;
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,9})\\s*([KMG]?)i?B?", Pattern.CASE_INSENSITIVE);

  @Option(
      names = "--out",
      paramLabel = "PATH",
      required = true,
      description = "The archive if it ends in .tar.gz, otherwise the folder.")
  private Path out;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "A pipeline or quantized folder that goes into models/; may be repeated.")
  private List<Path> models = List.of();

  @Option(
      names = "--library",
      paramLabel = "PATH",
      description =
          "A shared library, or a folder or jar of some, such as CUDA's and TensorRT's, that goes"
              + " into native/, which is searched first; may be repeated.")
  private List<Path> libraries = List.of();

  @Option(
      names = "--jar",
      paramLabel = "FILE",
      description =
          "A jar that goes into lib/ beside those of this program, such as that of the benchmarks;"
              + " may be repeated.")
  private List<Path> jars = List.of();

  @Option(
      names = "--part-size",
      paramLabel = "SIZE",
      description = "Cut the archive into parts of that size, such as 60MiB, 1 MiB at least.")
  private String partSize;

  @Mixin private ForceOption force;
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console console = new Console(spec, common);
    boolean archive = out.getFileName() != null && out.getFileName().toString().endsWith(ARCHIVE);
    OptionalLong part = partBytes(archive);
    requireNew(archive, part.isPresent());
    // Beside the output, where there must be room anyway; never committed, so that nothing of it
    // stays.
    try (AtomicOutput scratch = AtomicOutput.folder(sibling(".scratch"))) {
      BundleContents contents =
          BundleContents.collect(
              classPath(jars),
              models,
              libraries,
              Path.of(System.getProperty("viditq.home", "")),
              scratch.path(),
              () -> console.note("Making the Java runtime"));
      List<Path> written;
      try (Progress progress = console.progress("Writing files", contents.files().size())) {
        written = archive ? archive(contents, part, progress) : folder(contents, progress);
      }
      report(console, contents, written);
    } catch (IOException e) {
      throw new OutputException("Cannot write " + out + ": " + IoReason.of(e) + ".", e);
    }
    return 0;
  }

  private OptionalLong partBytes(boolean archive) {
    if (partSize == null) {
      return OptionalLong.empty();
    }
    if (!archive) {
      throw new UsageException("--part-size cuts archives; let --out end in " + ARCHIVE + ".");
    }
    Matcher size = SIZE.matcher(partSize.strip());
    if (!size.matches()) {
      throw new UsageException(
          "--part-size is " + partSize + ", but must be a size such as 60MiB.");
    }
    long unit = 1L << 10 * " KMG".indexOf(size.group(2).toUpperCase(Locale.ROOT));
    long bytes = Long.parseLong(size.group(1)) * unit;
    if (bytes < SMALLEST_PART) {
      throw new UsageException("--part-size is " + partSize + ", but must be 1 MiB at least.");
    }
    return OptionalLong.of(bytes);
  }

  private void requireNew(boolean archive, boolean parts) {
    Outputs outputs = new Outputs(spec, force.given());
    if (!archive) {
      outputs.requireFolder(out);
      return;
    }
    outputs.requireFile(parts ? sibling(".part001") : out);
  }

  /** The output's name with more behind it. */
  private Path sibling(String more) {
    return out.resolveSibling(out.getFileName() + more);
  }

  private static List<Path> classPath(List<Path> jars) {
    List<Path> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!entry.isEmpty() && Files.exists(Path.of(entry))) {
        entries.add(Path.of(entry).toAbsolutePath().normalize());
      }
    }
    for (Path jar : jars) {
      if (!jar.toString().endsWith(".jar") || !Files.isRegularFile(jar)) {
        throw new UsageException("--jar " + jar + " is no jar.");
      }
      entries.add(jar.toAbsolutePath().normalize());
    }
    return entries;
  }

  private List<Path> folder(BundleContents contents, Progress progress) throws IOException {
    try (AtomicOutput output = AtomicOutput.folder(out);
        BundleSink sink = new FolderSink(output.path())) {
      contents.write(sink, progress::step);
      output.commit();
    }
    return List.of(out);
  }

  private List<Path> archive(BundleContents contents, OptionalLong part, Progress progress)
      throws IOException {
    Path target = out.toAbsolutePath();
    String name = target.getFileName().toString();
    if (part.isEmpty()) {
      try (AtomicOutput output = AtomicOutput.file(target)) {
        write(
            contents,
            output.path().getParent(),
            output.path().getFileName().toString(),
            part,
            progress);
        output.commit();
      }
      return List.of(out);
    }
    // As a folder that is merged into the one that holds the parts, file by file.
    try (AtomicOutput output = AtomicOutput.folder(target.getParent())) {
      Map<String, String> hashes = write(contents, output.path(), name, part, progress);
      StringBuilder sums = new StringBuilder();
      hashes.forEach((file, hash) -> sums.append(hash).append("  ").append(file).append('\n'));
      Files.writeString(output.path().resolve("SHA256SUMS"), sums);
      Path join = output.path().resolve("join.sh");
      Files.writeString(join, BundleContents.resource("join.sh").replace("@TOP@", TOP));
      output.commit();
      List<Path> all = new ArrayList<>();
      hashes.keySet().forEach(file -> all.add(out.resolveSibling(file)));
      all.add(out.resolveSibling("SHA256SUMS"));
      all.add(out.resolveSibling("join.sh"));
      return all;
    }
  }

  private static Map<String, String> write(
      BundleContents contents, Path folder, String name, OptionalLong part, Progress progress)
      throws IOException {
    PartedOutput parts = new PartedOutput(folder, name, part);
    try (BundleSink sink = new ArchiveSink(TOP, parts)) {
      contents.write(sink, progress::step);
    }
    return parts.hashes();
  }

  private static void report(Console console, BundleContents contents, List<Path> written)
      throws IOException {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("runtime/", "Java");
    parts.put("lib/", "jars, natives among them");
    parts.put("system/", "shared libraries of this machine");
    parts.put("native/", "libraries that were named");
    parts.put("models/", "models");
    parts.put("samples/", "samples");
    TextTable table = new TextTable("in the bundle", "what", ">size");
    ObjectNode root = Console.object();
    for (Map.Entry<String, String> part : parts.entrySet()) {
      long bytes = contents.bytes(part.getKey());
      if (bytes > 0) {
        table.row(part.getKey(), part.getValue(), Quantities.bytes(bytes));
        root.withObject("/bytes").put(part.getKey(), bytes);
      }
    }
    table.lines().forEach(console::result);
    long total = 0;
    for (Path file : written) {
      root.withArray("files").add(file.toString());
      total += Files.isDirectory(file) ? contents.bytes("") : Files.size(file);
    }
    root.put("totalBytes", total);
    console.result(
        written.get(0)
            + (written.size() > 1 ? " and " + Quantities.of(written.size() - 1, "more file") : "")
            + ", "
            + Quantities.bytes(total));
    console.result(root);
  }
}
