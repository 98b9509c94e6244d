package org.viditq.bench.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.viditq.bench.roofline.MachineLimits;
import org.viditq.bench.roofline.RooflineTable;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;

/** Evaluates the variants of a denoiser in processes of their own. */
final class PipelineMeasurement {
  private final ModelFiles files;
  private final Set<Variant> variants;
  private final int rounds;
  private final int threads;
  private final Console console;

  PipelineMeasurement(
      ModelFiles files, Set<Variant> variants, int rounds, int threads, Console console) {
    this.files = files;
    this.variants = variants;
    this.rounds = rounds;
    this.threads = threads;
    this.console = console;
  }

  /** All of them in turns; every round goes the other way than the one before. */
  List<Measured> inTurns(EvaluationSize size) {
    List<Contender> contenders = new ArrayList<>();
    try (Progress progress =
        console.progress("Evaluating, " + size, (rounds + 1L) * variants.size())) {
      for (Variant variant : variants) {
        progress.label(variant.toString());
        contenders.add(start(variant, size, Observation.NONE));
        progress.step();
      }
      long[][] nanos = new long[contenders.size()][rounds];
      for (int round = 0; round < rounds; round++) {
        for (int turn = 0; turn < contenders.size(); turn++) {
          int i = round % 2 == 0 ? turn : contenders.size() - 1 - turn;
          nanos[i][round] = contenders.get(i).run();
          progress.step();
        }
      }
      List<Measured> measured = new ArrayList<>();
      for (int i = 0; i < contenders.size(); i++) {
        Contender contender = contenders.get(i);
        measured.add(
            new Measured(contender.name(), nanos[i], contender.finish(), contender.weightBytes()));
      }
      return measured;
    } finally {
      contenders.forEach(Contender::close);
    }
  }

  /** Where the time of our variants goes, one after the other. */
  List<ProfileTable> profiles(EvaluationSize size) {
    List<ProfileTable> tables = new ArrayList<>();
    observe(
        size,
        Observation.PROFILE,
        (variant, contender) ->
            tables.add(new ProfileTable(variant.toString(), size, rounds, contender.operators())));
    return tables;
  }

  /** How near our variants come to what the machine can do, one after the other. */
  List<RooflineTable> rooflines(EvaluationSize size, MachineLimits limits) {
    List<RooflineTable> tables = new ArrayList<>();
    observe(
        size,
        Observation.ROOFLINE,
        (variant, contender) ->
            tables.add(
                new RooflineTable(
                    variant.toString(), size.toString(), rounds, contender.work(), limits)));
    return tables;
  }

  private interface Observer {
    void observed(Variant variant, Contender finished);
  }

  private void observe(EvaluationSize size, Observation observation, Observer observer) {
    List<Variant> ours = variants.stream().filter(Variant::isNative).toList();
    try (Progress progress = console.progress("Profiling, " + size, (rounds + 1L) * ours.size())) {
      for (Variant variant : ours) {
        progress.label(variant.toString());
        try (Contender contender = start(variant, size, observation)) {
          progress.step();
          for (int round = 0; round < rounds; round++) {
            contender.run();
            progress.step();
          }
          contender.finish();
          observer.observed(variant, contender);
        }
      }
    }
  }

  private Contender start(Variant variant, EvaluationSize size, Observation observation) {
    String log = variant + "-" + size.fileName() + "-" + observation + ".log";
    return new Contender(
        variant, files.transformer(variant, size), size, threads, observation, files.file(log));
  }
}
