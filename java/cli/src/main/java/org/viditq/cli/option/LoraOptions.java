package org.viditq.cli.option;

import java.util.List;
import org.viditq.core.adapter.LoraAdapters;
import org.viditq.core.adapter.LoraSource;
import picocli.CommandLine.Option;

/** Which adapters. */
public final class LoraOptions {
  @Option(
      names = "--lora",
      paramLabel = "FILE[:SCALE]",
      description =
          "Merge this LoRA adapter into the transformer before anything is quantized: a file of"
              + " diffusers, PEFT or kohya's scripts, or a folder with one. SCALE multiplies its"
              + " effect, 1 by default. Repeat it for several adapters.")
  private List<String> sources = List.of();

  /** What was asked for; the files are opened when the weights are. */
  public LoraAdapters read() {
    return new LoraAdapters(sources.stream().map(LoraSource::parse).toList());
  }
}
