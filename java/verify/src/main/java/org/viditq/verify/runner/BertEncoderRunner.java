package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.bert.BertEncoder;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code bert.encoder}: the text encoder, with and without mask. */
final class BertEncoderRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    BertConfig config =
        BertConfig.fromJson(JsonConfig.of(fixture.config(), fixture.file().toString()));
    BertEncoder<V> encoder = new BertEncoder<>(config, fixture.parameters(), operators);
    int[][] ids = fixture.rows("input_ids");
    int[][] mask = fixture.rows("attention_mask");
    return new Results()
        .put("output", operators.read(encoder.encode(ids, Optional.of(mask))))
        .put("output_no_mask", operators.read(encoder.encode(ids, Optional.empty())));
  }
}
