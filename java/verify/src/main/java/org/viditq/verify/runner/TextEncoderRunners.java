package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.bert.BertEncoder;
import org.viditq.core.model.t5.RelativeBuckets;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.t5.T5Encoder;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code *.encoder}: the text encoders, with and without mask. */
final class TextEncoderRunners {
  private TextEncoderRunners() {}

  /** {@code t5.encoder}: T5 and mT5, and their relative position buckets. */
  static <V> Results t5(FixtureCase fixture, Operators<V> operators) {
    T5Config config = T5Config.fromJson(fixture.json());
    T5Encoder<V> encoder = new T5Encoder<>(config, fixture.parameters(), operators);
    int[][] ids = fixture.rows("input_ids");
    int[][] mask = fixture.rows("attention_mask");
    int length = ids[0].length;
    RelativeBuckets buckets = new RelativeBuckets(config.buckets(), config.maxDistance());
    return new Results()
        .put("output", operators.read(encoder.encode(ids, Optional.of(mask))))
        .put("output_no_mask", operators.read(encoder.encode(ids, Optional.empty())))
        .put("relative_buckets", buckets.table(length, length), length, length);
  }

  /** {@code bert.encoder}. */
  static <V> Results bert(FixtureCase fixture, Operators<V> operators) {
    BertConfig config = BertConfig.fromJson(fixture.json());
    BertEncoder<V> encoder = new BertEncoder<>(config, fixture.parameters(), operators);
    int[][] ids = fixture.rows("input_ids");
    int[][] mask = fixture.rows("attention_mask");
    return new Results()
        .put("output", operators.read(encoder.encode(ids, Optional.of(mask))))
        .put("output_no_mask", operators.read(encoder.encode(ids, Optional.empty())));
  }
}
