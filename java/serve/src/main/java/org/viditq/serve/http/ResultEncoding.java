package org.viditq.serve.http;

import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.cli.generate.PictureFacts;
import org.viditq.cli.generate.PictureJob;
import org.viditq.cli.option.Seed;
import org.viditq.core.pipeline.Clip;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import org.viditq.media.Provenance;
import org.viditq.serve.work.Task;

/**
 * Results as files, which say how they were made as those of {@code viditq generate} do; of the
 * model they say the name that it is served by, and no path.
 *
 * @param format of the files
 * @param options of the format
 */
record ResultEncoding(MediaFormat format, EncodingOptions options) {
  byte[] encode(Task.Order order, Clip clip) {
    return format.encode(clip, provenance(order), options);
  }

  private static Provenance provenance(Task.Order order) {
    Map<String, String> others = new LinkedHashMap<>();
    if (!order.negativePrompt().isEmpty()) {
      others.put("negative_prompt", order.negativePrompt());
    }
    if (!order.cache().equals("none")) {
      others.put("cache", order.cache());
    }
    order.scheduler().ifPresent(scheduler -> others.put("scheduler", scheduler));
    Seed seed = Seed.of(order.request().seeds().get(0));
    return new PictureFacts(order.request(), order.plan(), order.model().name(), others)
        .provenance(new PictureJob(0, order.prompt(), seed));
  }

  /** For the header of that name. */
  String contentType() {
    return (format == MediaFormat.MP4 ? "video/" : "image/") + format.id();
  }
}
