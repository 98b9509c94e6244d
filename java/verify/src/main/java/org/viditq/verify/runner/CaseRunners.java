package org.viditq.verify.runner;

import static org.viditq.verify.runner.CaseRunner.onIntegers;
import static org.viditq.verify.runner.CaseRunner.withoutBackend;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.viditq.verify.fixture.FixtureCase;

/** Which runner computes which op. */
public final class CaseRunners {
  private static final String MODEL = "model.";
  private static final String QUANTIZED_MODEL = MODEL + "quantized";
  private static final String ANY_MODEL = MODEL + "*";

  private final Map<String, CaseRunner> byOp;

  /** For tests of the harness; everybody else takes {@link #standard}. */
  public CaseRunners(Map<String, CaseRunner> byOp) {
    this.byOp = Map.copyOf(byOp);
  }

  /**
   * Every op that there is an implementation of.
   *
   * @param model pipeline folder for the pipeline cases
   */
  public static CaseRunners standard(Path model) {
    Map<String, CaseRunner> table = new TreeMap<>();
    table.put("attention.cross", AttentionRunners::cross);
    table.put("attention.self", AttentionRunners::self);
    table.put("bert.encoder", TextEncoderRunners::bert);
    table.put("bert.tokenizer", withoutBackend(TokenizerRunners::bert));
    table.put("caption_projection", EmbeddingRunners::caption);
    table.put("linear.quantized", new QuantizedLinearRunner());
    table.put("metric.cosine", withoutBackend(MetricRunners::cosine));
    table.put("metric.frechet", withoutBackend(MetricRunners::frechet));
    table.put("metric.kl_histogram", withoutBackend(MetricRunners::histogramDivergence));
    table.put("metric.psnr", withoutBackend(MetricRunners::psnr));
    table.put("metric.sqnr", withoutBackend(MetricRunners::sqnr));
    table.put("metric.ssim", withoutBackend(MetricRunners::ssim));
    table.put("mlp.gelu_tanh", LayerRunners::feedForward);
    table.put(QUANTIZED_MODEL, new QuantizedDenoiserRunner());
    table.put(ANY_MODEL, new DenoiserRunner());
    table.put("patch_embed.2d", EmbeddingRunners::patches);
    table.put("patch_embed.3d", EmbeddingRunners::patches);
    table.put("pipeline.pixart", new PipelineRunner(model));
    table.put("pos_embed.1d", withoutBackend(EmbeddingRunners::positionsInTime));
    table.put("pos_embed.2d", withoutBackend(EmbeddingRunners::positionsOnGrid));
    table.put("quantizer.act_dynamic_token", onIntegers(QuantizerRunners::dynamicShared));
    table.put("quantizer.act_dynamic_token_per_row", onIntegers(QuantizerRunners::dynamicPerRow));
    table.put("quantizer.act_static", onIntegers(QuantizerRunners::calibratedTensor));
    table.put("quantizer.act_static_token", onIntegers(QuantizerRunners::calibratedToken));
    table.put("quantizer.weight", withoutBackend(QuantizerRunners::weight));
    table.put("rng.torch_cpu", withoutBackend(RandomNumberRunners::torch));
    table.put("scheduler.ddim", SchedulerRunners.diffusers("DDIMScheduler"));
    table.put("scheduler.ddpm", SchedulerRunners.diffusers("DDPMScheduler"));
    table.put("scheduler.deis_multistep", SchedulerRunners.diffusers("DEISMultistepScheduler"));
    table.put("scheduler.dpmsolver_multistep", withoutBackend(SchedulerRunners::dpmSolver));
    table.put(
        "scheduler.dpmsolver_singlestep",
        SchedulerRunners.diffusers("DPMSolverSinglestepScheduler"));
    table.put("scheduler.euler", SchedulerRunners.diffusers("EulerDiscreteScheduler"));
    table.put(
        "scheduler.euler_ancestral", SchedulerRunners.diffusers("EulerAncestralDiscreteScheduler"));
    table.put("scheduler.heun", SchedulerRunners.diffusers("HeunDiscreteScheduler"));
    table.put("scheduler.iddpm", withoutBackend(SchedulerRunners::iddpm));
    table.put("scheduler.lcm", SchedulerRunners.diffusers("LCMScheduler"));
    table.put("scheduler.pndm", SchedulerRunners.diffusers("PNDMScheduler"));
    table.put("scheduler.unipc_multistep", SchedulerRunners.diffusers("UniPCMultistepScheduler"));
    table.put("t2i_modulate", LayerRunners::modulation);
    table.put("t5.encoder", TextEncoderRunners::t5);
    table.put("t5.tokenizer", withoutBackend(TokenizerRunners::t5));
    table.put("timestep_embedding", EmbeddingRunners::timestep);
    table.put("unpatchify", LayerRunners::unpatchify);
    table.put("vae.decode", VaeRunners::decode);
    table.put("vae.encode", VaeRunners::encode);
    return new CaseRunners(table);
  }

  public Optional<CaseRunner> find(FixtureCase fixture) {
    return Optional.ofNullable(byOp.get(key(fixture)));
  }

  /** The op; denoisers of all families share one. */
  public static String key(FixtureCase fixture) {
    String op = fixture.op();
    return op.startsWith(MODEL) && !op.equals(QUANTIZED_MODEL) ? ANY_MODEL : op;
  }
}
