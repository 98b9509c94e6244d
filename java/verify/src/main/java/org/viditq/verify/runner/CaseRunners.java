package org.viditq.verify.runner;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.viditq.verify.fixture.FixtureCase;

/** Which runner computes which op. */
public final class CaseRunners {
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
    CaseRunner denoiser = new DenoiserRunner();
    CaseRunner quantized = new QuantizedDenoiserRunner();
    table.put("attention.cross", new CrossAttentionRunner());
    table.put("attention.self", new SelfAttentionRunner());
    table.put("bert.encoder", new BertEncoderRunner());
    table.put("bert.tokenizer", new BertTokenizerRunner());
    table.put("caption_projection", new CaptionProjectionRunner());
    table.put("linear.quantized", new QuantizedLinearRunner());
    table.put("metric.cosine", MetricRunner.cosine());
    table.put("metric.frechet", MetricRunner.frechet());
    table.put("metric.kl_histogram", MetricRunner.histogramDivergence());
    table.put("metric.psnr", MetricRunner.psnr());
    table.put("metric.sqnr", MetricRunner.sqnr());
    table.put("metric.ssim", MetricRunner.ssim());
    table.put("mlp.gelu_tanh", new MlpRunner());
    table.put("model.pixart_alpha", denoiser);
    table.put("model.pixart_original", denoiser);
    table.put("model.pixart_sigma", denoiser);
    table.put("model.quantized/pixart_diffusers", quantized);
    table.put("model.quantized/pixart_original", quantized);
    table.put("patch_embed.2d", new PatchEmbeddingRunner());
    table.put("patch_embed.3d", new PatchEmbeddingRunner());
    table.put("pipeline.pixart", new PipelineRunner(model));
    table.put("pos_embed.1d", new SequencePositionRunner());
    table.put("pos_embed.2d", new GridPositionRunner());
    table.put("quantizer.act_dynamic_token", new DynamicTokenQuantizerRunner(false));
    table.put("quantizer.act_dynamic_token_per_row", new DynamicTokenQuantizerRunner(true));
    table.put("quantizer.act_static", new StaticQuantizerRunner(false));
    table.put("quantizer.act_static_token", new StaticQuantizerRunner(true));
    table.put("quantizer.weight", new WeightQuantizerRunner());
    table.put("rng.torch_cpu", new TorchRandomRunner());
    table.put("scheduler.ddim", new SchedulerRunner("DDIMScheduler"));
    table.put("scheduler.ddpm", new SchedulerRunner("DDPMScheduler"));
    table.put("scheduler.deis_multistep", new SchedulerRunner("DEISMultistepScheduler"));
    table.put("scheduler.dpmsolver_multistep", new SchedulerRunner("DPMSolverMultistepScheduler"));
    table.put(
        "scheduler.dpmsolver_singlestep", new SchedulerRunner("DPMSolverSinglestepScheduler"));
    table.put("scheduler.euler", new SchedulerRunner("EulerDiscreteScheduler"));
    table.put("scheduler.euler_ancestral", new SchedulerRunner("EulerAncestralDiscreteScheduler"));
    table.put("scheduler.heun", new SchedulerRunner("HeunDiscreteScheduler"));
    table.put("scheduler.iddpm", new IddpmRunner());
    table.put("scheduler.lcm", new SchedulerRunner("LCMScheduler"));
    table.put("scheduler.pndm", new SchedulerRunner("PNDMScheduler"));
    table.put("scheduler.unipc_multistep", new SchedulerRunner("UniPCMultistepScheduler"));
    table.put("t2i_modulate", new ModulationRunner());
    table.put("t5.encoder", new T5EncoderRunner());
    table.put("t5.tokenizer", new TokenizerRunner());
    table.put("timestep_embedding", new TimestepEmbeddingRunner());
    table.put("unpatchify", new UnpatchifyRunner());
    table.put("vae.decode", new VaeDecoderRunner());
    table.put("vae.encode", new VaeEncoderRunner());
    return new CaseRunners(table);
  }

  public Optional<CaseRunner> find(FixtureCase fixture) {
    return Optional.ofNullable(byOp.get(key(fixture)));
  }

  /** The op; for quantized models, which share one op, with the model behind it. */
  public static String key(FixtureCase fixture) {
    String op = fixture.op();
    return op.equals("model.quantized") ? op + "/" + fixture.config().path("model").asText() : op;
  }
}
