package org.viditq.bench.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.viditq.core.error.UsageException;

/** The readers of bytes from anywhere, and files that each of them reads, to start from. */
enum FuzzTarget {
  SAFETENSORS(SafetensorsFuzzer.class, SeedFiles::safetensors),
  SHARD_INDEX(ShardIndexFuzzer.class, SeedFiles::shardIndexes),
  PICKLE(PickleFuzzer.class, SeedFiles::pickles),
  MODEL_INDEX(ModelIndexFuzzer.class, SeedFiles::modelIndexes),
  CONFIGURATION(ConfigurationFuzzer.class, SeedFiles::configurations),
  PLAN(PlanFuzzer.class, SeedFiles::plans),
  BIT_MAP(BitMapFuzzer.class, SeedFiles::bitMaps),
  STATISTICS(StatisticsFuzzer.class, SeedFiles::statistics),
  QUANTIZED_CHECKPOINT(QuantizedCheckpointFuzzer.class, SeedFiles::quantizedCheckpoints),
  TOKENIZER_JSON(TokenizerJsonFuzzer.class, SeedFiles::tokenizerJsons),
  SENTENCE_PIECE(SentencePieceFuzzer.class, SeedFiles::sentencePieces),
  VOCABULARY(VocabularyFuzzer.class, SeedFiles::vocabularies),
  EMBEDDINGS(EmbeddingsFuzzer.class, SeedFiles::embeddings),
  LORA(LoraFuzzer.class, SeedFiles::loras),
  PICTURE(PictureFuzzer.class, SeedFiles::pictures),
  PROMPT_FILE(PromptFileFuzzer.class, SeedFiles::promptFiles);

  /** Makes or finds inputs in a checkout of the project. */
  @FunctionalInterface
  interface Seeds {
    List<byte[]> in(Path checkout) throws IOException;
  }

  private final Class<?> entry;
  private final Seeds seeds;

  FuzzTarget(Class<?> entry, Seeds seeds) {
    this.entry = entry;
    this.seeds = seeds;
  }

  /** The class whose {@code fuzzerTestOneInput} reads an input. */
  Class<?> entry() {
    return entry;
  }

  /** Valid inputs, at least one. */
  List<byte[]> seeds(Path checkout) throws IOException {
    return seeds.in(checkout);
  }

  /** As the command line and reports call it: shard-index. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * @throws UsageException if there is none of that name
   */
  static FuzzTarget named(String name) {
    for (FuzzTarget target : values()) {
      if (target.toString().equals(name)) {
        return target;
      }
    }
    throw new UsageException(
        "There is no reader " + name + "; choose of " + List.of(values()) + ".");
  }
}
