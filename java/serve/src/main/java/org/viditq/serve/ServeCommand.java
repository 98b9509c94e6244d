package org.viditq.serve;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.viditq.cli.console.Console;
import org.viditq.cli.option.CommonOptions;
import org.viditq.cli.option.ModelOptions;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.quantize.QuantizationOptions;
import org.viditq.cli.serve.Server;
import org.viditq.core.error.UsageException;
import org.viditq.core.machine.MachineMemory;
import org.viditq.serve.http.ApiKeys;
import org.viditq.serve.http.RequestLimits;
import org.viditq.serve.http.ServerSettings;
import org.viditq.serve.model.ModelCatalog;
import org.viditq.serve.model.ServedModel;
import org.viditq.serve.work.WorkLimits;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code viditq serve}: pictures and clips over HTTP. */
@Command(
    name = "serve",
    header = Server.HEADER,
    description = {
      "",
      "Listens on this machine alone until it is ended by Ctrl-C or SIGTERM, when it does what it"
          + " has accepted and takes nothing more. Requests that ask for the same size, steps,"
          + " guidance and plan are sampled together; each gets the bytes that it would get alone.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  viditq serve --model samples/pixart-mini",
      "  viditq serve --model DIR --plan w8a8 --port 8000",
      "  viditq serve --model fox=DIR --model clips=DIR --host 0.0.0.0 --api-key-file keys.txt"
    })
public final class ServeCommand implements Server, Callable<Integer> {
  private static final long MEBI = 1L << 20;

  @Option(
      names = "--model",
      paramLabel = "[NAME=]DIR",
      required = true,
      description =
          "A diffusers pipeline folder, and the name that requests call it by (default: the"
              + " folder's). Repeat it for several; each is loaded when it is first asked for.")
  private List<String> models;

  @Option(
      names = "--plan",
      paramLabel = "P",
      split = ",",
      description =
          "Quantize on the fly by this plan: a built-in name or a YAML file. The first of several"
              + " is the one of requests that name none; full-precision is always offered.")
  private List<String> plans = List.of();

  @Option(
      names = "--stats",
      paramLabel = "FILE",
      description = "Calibration statistics, for plans that need them (see calibrate).")
  private Path statistics;

  @Option(
      names = "--quantized",
      paramLabel = "FILE|DIR",
      description = "Take the transformer that 'viditq quantize' has written; for one model.")
  private Path quantized;

  @Option(
      names = "--cache",
      paramLabel = "C",
      defaultValue = "none",
      description =
          "Step caching of requests that say nothing about it: none, auto, or interval:N,"
              + " threshold:X and others (see docs/caching.md). Default: ${DEFAULT-VALUE}.")
  private String cache;

  @Mixin private PrecisionOptions backend;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "Address to listen on; one that others reach needs --api-key-file. Default:"
              + " ${DEFAULT-VALUE}.")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "Port to listen on; 0 for any that is free. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description =
          "Keys, one per line; requests must have one as 'Authorization: Bearer KEY'. Default: no"
              + " key is needed.")
  private Path keyFile;

  @Option(
      names = "--public-url",
      paramLabel = "URL",
      description =
          "What clients reach the server by, for the addresses of pictures. Default: the Host of"
              + " the request.")
  private String publicUrl;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Pictures to sample together at most. Default: 8; 1 on backends that run networks as a"
              + " whole, whose results may depend on the batch in the last bits.")
  private Integer batch;

  @Option(
      names = "--batch-pixels",
      paramLabel = "N",
      defaultValue = "4194304",
      description = "Pixels of them together at most. Default: ${DEFAULT-VALUE}.")
  private long batchPixels;

  @Option(
      names = "--batch-window",
      paramLabel = "MS",
      defaultValue = "20",
      description =
          "How long an idle server waits for companions of a request, in milliseconds. Default:"
              + " ${DEFAULT-VALUE}.")
  private int window;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "128",
      description = "Pictures that may wait; more are answered 429. Default: ${DEFAULT-VALUE}.")
  private int queue;

  @Option(
      names = "--max-n",
      paramLabel = "N",
      defaultValue = "10",
      description = "Pictures of one request. Default: ${DEFAULT-VALUE}.")
  private int maxPictures;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      defaultValue = "250",
      description = "Sampling steps of one request. Default: ${DEFAULT-VALUE}.")
  private int maxSteps;

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      defaultValue = "4194304",
      description = "Pixels of one picture, or of all frames of a clip. Default: ${DEFAULT-VALUE}.")
  private long maxPixels;

  @Option(
      names = "--pixels-in-flight",
      paramLabel = "N",
      defaultValue = "134217728",
      description =
          "Pixels of all that waits or is computed; more are answered 429. Default:"
              + " ${DEFAULT-VALUE}.")
  private long pixelsInFlight;

  @Option(
      names = "--max-prompt",
      paramLabel = "N",
      defaultValue = "4000",
      description = "Characters of a prompt. Default: ${DEFAULT-VALUE}.")
  private int maxPrompt;

  @Option(
      names = "--max-body",
      paramLabel = "BYTES",
      defaultValue = "65536",
      description = "Bytes of a request's body. Default: ${DEFAULT-VALUE}.")
  private int maxBody;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "512",
      description = "Connections that may be open at a time. Default: ${DEFAULT-VALUE}.")
  private int maxConnections;

  @Option(
      names = "--deadline",
      paramLabel = "S",
      defaultValue = "600",
      description =
          "Seconds after which a request is given up, waiting included. Default:"
              + " ${DEFAULT-VALUE}.")
  private int deadline;

  @Option(
      names = "--receive-timeout",
      paramLabel = "S",
      defaultValue = "10",
      description = "Seconds within which a request must have arrived. Default: ${DEFAULT-VALUE}.")
  private int receive;

  @Option(
      names = "--drain",
      paramLabel = "S",
      defaultValue = "600",
      description =
          "Seconds that the end waits at most for what was accepted. Default: ${DEFAULT-VALUE}.")
  private int drain;

  @Option(
      names = "--memory-budget",
      paramLabel = "MIB",
      description =
          "Mebibytes of weights that stay loaded; what was not used for longest goes. Default: half"
              + " of what this process may have.")
  private Long memoryBudget;

  @Option(
      names = "--preload",
      description =
          "Load every model under its first plan before listening, and end where one cannot be"
              + " loaded. Default: each is loaded when it is first asked for.")
  private boolean preload;

  @Option(
      names = "--prompt-cache",
      paramLabel = "MIB",
      defaultValue = "64",
      description = "Mebibytes of encoded prompts that are kept. Default: ${DEFAULT-VALUE}.")
  private long promptCache;

  @Option(
      names = "--result-store",
      paramLabel = "MIB",
      defaultValue = "64",
      description =
          "Mebibytes of pictures, and of clips, that wait to be fetched. Default:"
              + " ${DEFAULT-VALUE}.")
  private long resultStore;

  @Option(
      names = "--result-lifetime",
      paramLabel = "S",
      defaultValue = "3600",
      description = "Seconds for which results can be fetched. Default: ${DEFAULT-VALUE}.")
  private long resultLifetime;

  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return server().run();
  }

  /**
   * A server for programs: as the command would make it of these words, not yet started.
   *
   * @throws org.viditq.core.error.ViditqException if the command would end with that
   */
  public static ViditqServer open(String... words) {
    return parsed(new ServeCommand(), List.of(words)).server();
  }

  private ViditqServer server() {
    check();
    Console console = new Console(spec, common);
    ApiKeys keys = keyFile == null ? ApiKeys.none() : ApiKeys.read(keyFile);
    requireKeyOffLoopback(keys);
    backend.find();
    return new ViditqServer(
        new ServerParts(
            new ServerSettings(
                host,
                port,
                Optional.ofNullable(publicUrl).map(url -> url.replaceAll("/+$", "")),
                maxConnections,
                resultStore * MEBI,
                Duration.ofSeconds(resultLifetime)),
            new RequestLimits(
                maxBody,
                maxPrompt,
                maxPictures,
                maxSteps,
                maxPixels,
                Duration.ofSeconds(deadline),
                Duration.ofSeconds(receive)),
            new WorkLimits(
                queue,
                batch == null ? (backend.find().computesAtOnce() ? 8 : 1) : batch,
                batchPixels,
                Duration.ofMillis(window),
                pixelsInFlight),
            keys,
            catalog(),
            preload,
            backend.find(),
            memoryBudget == null ? defaultBudget() : memoryBudget * MEBI,
            promptCache * MEBI,
            Duration.ofSeconds(drain)),
        console);
  }

  private void check() {
    requireRange("--port", port, 0, 65_535);
    requireRange("--batch", batch == null ? 1 : batch, 1, 1024);
    requireRange("--batch-pixels", batchPixels, 1, Long.MAX_VALUE);
    requireRange("--batch-window", window, 0, 60_000);
    requireRange("--queue", queue, 1, 1_000_000);
    requireRange("--max-n", maxPictures, 1, queue);
    requireRange("--max-steps", maxSteps, 1, 10_000);
    requireRange("--max-pixels", maxPixels, 1, Long.MAX_VALUE);
    requireRange("--pixels-in-flight", pixelsInFlight, maxPixels, Long.MAX_VALUE);
    requireRange("--max-prompt", maxPrompt, 1, 1_000_000);
    requireRange("--max-body", maxBody, 64, 1 << 26);
    requireRange("--max-connections", maxConnections, 1, 10_000);
    requireRange("--deadline", deadline, 1, 1_000_000);
    requireRange("--receive-timeout", receive, 1, 3600);
    requireRange("--drain", drain, 0, 1_000_000);
    requireRange("--memory-budget", memoryBudget == null ? 1 : memoryBudget, 1, 1L << 30);
    requireRange("--prompt-cache", promptCache, 0, 1L << 20);
    requireRange("--result-store", resultStore, 0, 1L << 20);
    requireRange("--result-lifetime", resultLifetime, 1, 1_000_000);
    if (publicUrl != null && !isAddress(publicUrl)) {
      throw new UsageException(
          "--public-url is no address such as https://pictures.example; give one.");
    }
    if (statistics != null && plans.isEmpty()) {
      throw new UsageException("--stats goes with --plan; give a plan or leave it out.");
    }
    if (quantized != null && !plans.isEmpty()) {
      throw new UsageException("Give --plan or --quantized, not both.");
    }
    if (quantized != null && models.size() > 1) {
      throw new UsageException(
          "--quantized is the transformer of one model, but there are "
              + models.size()
              + "; give --plan, or one --model.");
    }
  }

  private static boolean isAddress(String url) {
    try {
      return url.matches("https?://[A-Za-z0-9.:_\\[\\]-]+(/[!-~]*)?")
          && new URI(url).getAuthority() != null;
    } catch (URISyntaxException malformed) {
      return false;
    }
  }

  private static void requireRange(String option, long value, long least, long largest) {
    if (value < least || value > largest) {
      throw new UsageException(
          option + " is " + value + ", but must lie between " + least + " and " + largest + ".");
    }
  }

  private void requireKeyOffLoopback(ApiKeys keys) {
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
    } catch (UnknownHostException unknown) {
      throw new UsageException(
          "There is no address " + host + " to listen on; give --host one of this machine.",
          unknown);
    }
    if (!address.isLoopbackAddress() && !keys.isNeeded()) {
      throw new UsageException(
          "Others can reach "
              + host
              + ", so that anybody could make pictures here; give --api-key-file, or listen on"
              + " 127.0.0.1.");
    }
  }

  private static long defaultBudget() {
    return MachineMemory.current().map(MachineMemory::limit).orElse(Long.MAX_VALUE) / 2;
  }

  private ModelCatalog catalog() {
    List<ServedModel> served = new ArrayList<>();
    for (String given : models) {
      int equals = given.indexOf('=');
      String folder = given.substring(equals + 1);
      Path last = Path.of(folder).toAbsolutePath().normalize().getFileName();
      String name = equals >= 0 ? given.substring(0, equals) : String.valueOf(last);
      if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
        throw new UsageException(
            "The name of a model has 1 to 64 letters, digits, dots, dashes and underscores, unlike"
                + " '"
                + name
                + "'; give --model NAME=DIR.");
      }
      ModelOptions model = parsed(new ModelOptions(), List.of("--model", folder));
      served.add(new ServedModel(name, model.open(), offered(model), backend, cache));
    }
    return new ModelCatalog(served);
  }

  /** Every plan as the option that generate would have been given. */
  private Map<String, QuantizationOptions> offered(ModelOptions model) {
    Map<String, QuantizationOptions> offered = new LinkedHashMap<>();
    if (quantized != null) {
      offered.put("quantized", options("--quantized", quantized.toString()));
    }
    List<String> all = new ArrayList<>(plans);
    if (!all.contains(ServedModel.FULL_PRECISION)) {
      all.add(ServedModel.FULL_PRECISION);
    }
    for (String plan : all) {
      String name = planName(plan);
      if (offered.putIfAbsent(name, quantization(plan)) != null) {
        throw new UsageException(
            "Two plans would be called "
                + name
                + " in requests; give one of them another file name.");
      }
    }
    offered.values().forEach(options -> options.check(model));
    return offered;
  }

  private QuantizationOptions quantization(String plan) {
    if (plan.equals(ServedModel.FULL_PRECISION)) {
      return options();
    }
    return statistics == null
        ? options("--plan", plan)
        : options("--plan", plan, "--stats", statistics.toString());
  }

  /** A file is called by its name without folder and ending. */
  private static String planName(String plan) {
    String name = String.valueOf(Path.of(plan).getFileName());
    return name.replaceAll("\\.ya?ml$", "");
  }

  private static QuantizationOptions options(String... words) {
    return parsed(new QuantizationOptions(), List.of(words));
  }

  private static <T> T parsed(T options, List<String> words) {
    new CommandLine(options).parseArgs(words.toArray(String[]::new));
    return options;
  }
}
