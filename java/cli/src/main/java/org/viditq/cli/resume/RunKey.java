package org.viditq.cli.resume;

import java.util.Map;
import java.util.TreeMap;
import org.viditq.cli.console.Version;
import org.viditq.cli.report.Machine;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.resume.FileStamp;
import org.viditq.core.resume.PartKey;
import org.viditq.quantize.apply.PipelineCalibration;

/** What results of a run depend on. */
public final class RunKey {
  private RunKey() {}

  /**
   * Of everything that is computed with a pipeline in this process. The processor counts, as
   * backends may round in another order on another one; cores and threads do not.
   *
   * @param backend that computes, with its settings
   * @param cleaned whether captions are cleaned
   */
  public static PartKey of(PipelineFolder folder, String backend, boolean cleaned) {
    Map<String, String> facts = new TreeMap<>();
    facts.put("version", Version.number());
    facts.put("backend", backend);
    facts.put("cleaned", Boolean.toString(cleaned));
    facts.put("processor", Machine.model() + " " + System.getenv("VIDITQ_ISA"));
    facts.put("pipeline", folder.index().node().toString());
    for (Component component : Component.values()) {
      if (folder.has(component)) {
        facts.put(component.folder(), stamp(folder, component));
      }
    }
    return new PartKey(facts);
  }

  /**
   * Of a transformer, samples of its contents, merged adapters included; of others, their files and
   * which of them is taken.
   */
  private static String stamp(PipelineFolder folder, Component component) {
    return switch (component) {
      case TRANSFORMER -> PipelineCalibration.modelIdentity(folder);
      case VAE, TEXT_ENCODER, TEXT_ENCODER_2 -> {
        try (Checkpoint weights = folder.checkpoint(component)) {
          yield weights.source() + " " + FileStamp.of(folder.folder(component));
        }
      }
      case TOKENIZER, TOKENIZER_2, SCHEDULER -> FileStamp.of(folder.folder(component));
    };
  }

  /** With how pictures are sampled, but for their seeds. */
  public static PartKey sampling(PartKey key, GenerationRequest request, String scheduler) {
    return key.with("steps", request.steps())
        .with("guidance", request.guidanceScale())
        .with("frames", request.frames())
        .with("height", request.height())
        .with("width", request.width())
        .with("times", request.times())
        .with("scheduler", scheduler);
  }
}
