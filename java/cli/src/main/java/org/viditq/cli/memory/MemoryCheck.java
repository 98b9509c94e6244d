package org.viditq.cli.memory;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.core.error.MemoryException;
import org.viditq.core.machine.MachineMemory;
import org.viditq.core.operators.Backend;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.MemoryEstimate;
import org.viditq.core.pipeline.WeightForm;

/** Tells before the work how much memory it takes, and refuses what cannot be done here. */
public final class MemoryCheck {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryCheck.class);

  /** Below this nobody wants to know. */
  private static final long WORTH_TELLING = 2L << 30;

  private final boolean valuesInHeap;
  private final Console console;
  private final long heap;
  private final Optional<MachineMemory> machine;

  public MemoryCheck(Backend backend, Console console) {
    this(
        backend.valuesInHeap(), console, Runtime.getRuntime().maxMemory(), MachineMemory.current());
  }

  MemoryCheck(boolean valuesInHeap, Console console, long heap, Optional<MachineMemory> machine) {
    this.valuesInHeap = valuesInHeap;
    this.console = console;
    this.heap = heap;
    this.machine = machine;
  }

  /**
   * Before pictures are made.
   *
   * @param form of weights, once they are loaded
   * @param encodes whether prompts are encoded first
   * @param together how many are sampled at a time
   * @param kept how many are in memory at a time after they were decoded
   * @return what they are estimated to take
   * @throws MemoryException if this process cannot have as much as it takes
   */
  public MemoryEstimate pictures(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      WeightForm form,
      boolean encodes,
      int together,
      int kept) {
    MemoryEstimate all = MemoryEstimate.of(pipeline, request, form, together, kept);
    MemoryEstimate estimate = encodes ? all : all.withoutEncoders();
    require(estimate, request);
    return estimate;
  }

  /**
   * Before all pictures of a request are sampled at once, and none decoded.
   *
   * @param form of weights, once they are loaded
   * @throws MemoryException if this process cannot have as much as it takes
   */
  public void sampling(DiffusionPipeline pipeline, GenerationRequest request, WeightForm form) {
    require(MemoryEstimate.of(pipeline, request, form, request.seeds().size(), 0), request);
  }

  void require(MemoryEstimate estimate, GenerationRequest request) {
    // Weights are not in the heap of such a backend, but where their files are mapped.
    long inHeap = estimate.pictures() + (valuesInHeap ? estimate.values() : 0);
    if (inHeap > heap) {
      throw new MemoryException(
          what(request)
              + " needs a Java heap of at least "
              + Quantities.bytes(inHeap)
              + ", but it may grow to "
              + Quantities.bytes(heap)
              + " only; give it more with VIDITQ_JAVA_OPTS=-Xmx"
              + ((inHeap >> 30) + 2)
              + "g, or ask for less (--width, --height, --frames, --batch).");
    }
    long total = estimate.total();
    if (machine.isPresent() && total > machine.get().limit()) {
      throw new MemoryException(
          what(request)
              + " needs at least "
              + Quantities.bytes(total)
              + " of memory, but "
              + machine.get().reason()
              + " "
              + Quantities.bytes(machine.get().limit())
              + advice(estimate));
    }
    if (machine.isPresent() && total > machine.get().available()) {
      LOG.warn(
          "{} needs at least {} of memory, but only {} are free now; it may become slow, or be"
              + " killed.",
          what(request),
          Quantities.bytes(total),
          Quantities.bytes(machine.get().available()));
    } else if (total > WORTH_TELLING) {
      console.note("Takes at least " + Quantities.bytes(total) + " of memory.");
    }
  }

  private static String advice(MemoryEstimate estimate) {
    return estimate.encoders() == estimate.operators()
        ? " for the text encoder; encode the prompts on a larger machine (--save-embeddings), and"
            + " give --embeddings here."
        : "; ask for less (--width, --height, --frames, --batch, --plan).";
  }

  private static String what(GenerationRequest request) {
    return (request.frames() > 1
            ? "A clip of " + request.frames() + " frames of "
            : "A picture of ")
        + request.width()
        + " x "
        + request.height()
        + " pixels";
  }
}
