package org.viditq.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.work.Task;

class VideoJobTest {
  /** Or clips that fail would fill the memory, as what is kept is bounded by its bytes. */
  @Test
  void whatHasFailedHasASizeToo() {
    VideoJob job =
        new VideoJob(
            "video_1",
            new Task.Order(
                null,
                "full-precision",
                Optional.empty(),
                "a".repeat(4000),
                "b".repeat(1000),
                "none",
                GenerationRequest.pictures(List.of(1L), 4, 4.5, 64, 64)));
    job.fail(ApiException.deadline(1));
    assertThat(job.size()).isBetween(10_000L, 20_000L);
    job.complete(new byte[50_000], "image/gif");
    assertThat(job.size()).isBetween(60_000L, 70_000L);
  }
}
