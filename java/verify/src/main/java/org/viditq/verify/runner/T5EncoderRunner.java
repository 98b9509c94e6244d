package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.t5.RelativeBuckets;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.t5.T5Encoder;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code t5.encoder}: the text encoder, with and without mask, and its position buckets. */
final class T5EncoderRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    T5Config config = T5Config.fromJson(JsonConfig.of(fixture.config(), fixture.file().toString()));
    T5Encoder<V> encoder = new T5Encoder<>(config, fixture.parameters(), operators);
    int length = fixture.input("input_ids").dim(1);
    int[][] ids = fixture.rows("input_ids");
    int[][] mask = fixture.rows("attention_mask");
    RelativeBuckets buckets = new RelativeBuckets(config.buckets(), config.maxDistance());
    return new Results()
        .put("output", operators.read(encoder.encode(ids, Optional.of(mask))))
        .put("output_no_mask", operators.read(encoder.encode(ids, Optional.empty())))
        .put("relative_buckets", buckets.table(length, length), length, length);
  }
}
