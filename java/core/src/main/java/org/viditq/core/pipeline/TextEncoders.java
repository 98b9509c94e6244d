package org.viditq.core.pipeline;

import org.viditq.core.model.Parameters;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;

/** What makes text encoders ready to run: operators, or networks as a whole. */
interface TextEncoders {
  /**
   * A T5 or mT5 encoder.
   *
   * @param parameters must stay open until it is closed
   */
  TextNetwork t5(T5Config config, Parameters parameters);

  /** Likewise BERT. */
  TextNetwork bert(BertConfig config, Parameters parameters);
}
