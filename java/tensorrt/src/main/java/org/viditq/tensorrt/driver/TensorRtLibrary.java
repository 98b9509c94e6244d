package org.viditq.tensorrt.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;

/**
 * TensorRT's libraries in this process, loaded once. Loading needs no driver, but most of what can
 * be done with them does: {@link NvidiaDriver#require} comes first.
 */
public final class TensorRtLibrary {
  private static final String NAME = "libnvinfer.so.11";
  private static final String PARSER = "libnvonnxparser.so.11";
  private static final String RESOURCE = "libnvinfer_builder_resource_";
  private static final Path MAPS = Path.of("/proc/self/maps");

  private static TensorRtLibrary loaded;

  private final Path folder;
  private final Path asked;
  private final String version;
  private final TensorRtLog log = new TensorRtLog();
  private final Set<Path> plugins = new HashSet<>();

  private TensorRtLibrary(Path folder, Path asked, String version) {
    this.folder = folder;
    this.asked = asked;
    this.version = version;
  }

  /**
   * @param folder of TensorRT's libraries; empty for where the system keeps libraries,
   *     LD_LIBRARY_PATH and the class path
   * @throws BackendException if they cannot be loaded, or are of another version than the bindings
   */
  public static synchronized TensorRtLibrary load(Optional<Path> folder) {
    if (loaded == null) {
      loaded = open(folder.map(path -> path.toAbsolutePath().normalize()));
    } else if (folder.isPresent()
        && !folder.get().toAbsolutePath().normalize().equals(loaded.asked)) {
      throw new UsageException(
          "TensorRT of " + loaded.folder + " is loaded already; another folder needs another run.");
    }
    return loaded;
  }

  private static TensorRtLibrary open(Optional<Path> folder) {
    folder.ifPresent(TensorRtLibrary::preload);
    try {
      Loader.load(nvinfer.class);
      Loader.load(nvonnxparser.class);
    } catch (LinkageError e) {
      throw new BackendException(
          "TensorRT 11 is not on this machine ("
              + e.getMessage()
              + "): "
              + NAME
              + " was looked for "
              + folder
                  .map(path -> "in " + path)
                  .orElse("where the system keeps libraries and in LD_LIBRARY_PATH")
              + "; install it, or name its folder with --tensorrt.",
          e);
    }
    int found = nvinfer.getInferLibVersion();
    int needed = nvinfer.NV_TENSORRT_VERSION();
    if (found / 10000 != needed / 10000 || found < needed / 100 * 100) {
      throw new BackendException(
          "TensorRT is of version "
              + text(found)
              + ", but "
              + text(needed)
              + " or a later one of the same major version is needed; name its folder with"
              + " --tensorrt.");
    }
    Path place = place(folder);
    folder.ifPresent(path -> nvinfer.setInternalLibraryPath(path.toString()));
    return new TensorRtLibrary(
        place, folder.orElse(null), text(found) + "." + nvinfer.getInferLibBuildVersion());
  }

  /** Into the global namespace, where the bindings find it by its name. */
  private static void preload(Path folder) {
    for (String name : List.of(NAME, PARSER)) {
      Path library = folder.resolve(name);
      if (!Files.isRegularFile(library)) {
        throw new UsageException(
            "--tensorrt "
                + folder
                + " holds no "
                + name
                + "; name the folder of TensorRT 11's lib.");
      }
      try {
        Loader.loadGlobal(library.toString());
      } catch (LinkageError e) {
        throw new BackendException(
            library + " cannot be loaded: " + e.getMessage() + "; is it for this machine?", e);
      }
    }
  }

  /** Where the library lies that is in use, of which there must be one only. */
  private static Path place(Optional<Path> folder) {
    Set<String> places = new TreeSet<>();
    try (Stream<String> maps = Files.lines(MAPS)) {
      maps.filter(line -> line.endsWith("/" + NAME) || line.contains("/" + NAME + "."))
          .map(line -> line.substring(line.indexOf('/')))
          .forEach(places::add);
    } catch (IOException e) {
      throw new BackendException(
          "Cannot read " + MAPS + ", which says where TensorRT lies: " + IoReason.of(e) + ".", e);
    }
    if (places.size() != 1) {
      throw new BackendException(
          "TensorRT was loaded from "
              + (places.isEmpty() ? "nowhere" : String.join(" and ", places))
              + folder.map(path -> ", with --tensorrt " + path).orElse("")
              + ", but must come from one place; take the other off the library or class path.");
    }
    return Path.of(places.iterator().next()).getParent();
  }

  /** 110201 as 11.2.1. */
  private static String text(int version) {
    return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
  }

  /** With four numbers: 11.2.1.2. */
  public String version() {
    return version;
  }

  /** Where the libraries lie. */
  public Path folder() {
    return folder;
  }

  /** What TensorRT says; pass it to everything that takes a logger. */
  public TensorRtLog log() {
    return log;
  }

  /**
   * Adds a plugin library, once.
   *
   * @throws BackendException if TensorRT refuses it
   */
  public synchronized void addPlugins(Path library) {
    Path file = library.toAbsolutePath().normalize();
    if (!Files.isRegularFile(file)) {
      throw new BackendException("There is no plugin library " + file + ".");
    }
    if (plugins.add(file)) {
      log.clear();
      if (nvinfer.getPluginRegistry().loadLibrary(file.toString()) == null) {
        plugins.remove(file);
        throw new BackendException(
            "TensorRT does not take the plugin library " + file + ": " + log.errors() + ".");
      }
    }
  }

  /**
   * The builder's kernels for a device: of its own architecture, or as PTX for any, which the
   * driver compiles.
   *
   * @param capability compute capability: 9.0
   * @return the file; empty if neither is beside the library
   */
  public Optional<Path> builderResource(String capability) {
    return builderResource(folder, capability);
  }

  static Optional<Path> builderResource(Path folder, String capability) {
    List<Path> own = new ArrayList<>();
    List<Path> ptx = new ArrayList<>();
    String architecture = RESOURCE + "sm" + capability.replace(".", "");
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files.sorted()::iterator) {
        String name = file.getFileName().toString();
        if (name.startsWith(architecture + ".so") || name.startsWith(architecture + "_")) {
          own.add(file);
        } else if (name.startsWith(RESOURCE + "ptx.so")) {
          ptx.add(file);
        }
      }
    } catch (IOException unreadable) {
      return Optional.empty();
    }
    return Stream.concat(own.stream(), ptx.stream()).findFirst();
  }

  /** Whether a resource is PTX. */
  public static boolean isPtx(Path resource) {
    return resource.getFileName().toString().startsWith(RESOURCE + "ptx.so");
  }
}
