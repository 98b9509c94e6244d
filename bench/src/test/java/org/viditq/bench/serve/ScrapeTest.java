package org.viditq.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScrapeTest {
  private static final String TEXT =
      """
      # HELP jvm_memory_used_bytes The amount of used memory
      # TYPE jvm_memory_used_bytes gauge
      jvm_memory_used_bytes{area="heap",id="Eden Space"} 1.5E6
      jvm_memory_used_bytes{area="heap",id="Tenured Gen"} 500000.0
      jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 7.0
      viditq_batch_size_bucket{le="1.0"} 1
      viditq_batch_size_count 4
      viditq_batch_size_sum 10.0
      viditq_native_memory_bytes 4096.0
      viditq_native_memory_bytes_other 1.0
      viditq_phase_seconds_count{phase="sample"} 4
      viditq_phase_seconds_sum{phase="sample"} 0.25
      viditq_phase_seconds_sum{phase="decode"} 0.75
      """;

  @Test
  void valuesAreSummedByNameAndLabel() {
    Scrape scrape = new Scrape(TEXT);
    assertThat(scrape.heapBytes()).isEqualTo(2_000_000);
    assertThat(scrape.nativeBytes()).isEqualTo(4096);
    assertThat(scrape.sum("viditq_phase_seconds_sum")).isEqualTo(1);
    assertThat(scrape.sum("nothing")).isZero();
  }

  @Test
  void figuresAreDifferences() {
    Scrape begin = new Scrape("viditq_batch_size_count 2\nviditq_batch_size_sum 4\n");
    ServerFigures figures = ServerFigures.between(begin, new Scrape(TEXT));
    assertThat(figures.meanBatch()).isEqualTo(3);
    assertThat(figures.phaseSeconds()).containsEntry("sample", 0.25).containsEntry("load", 0.0);
    ServerFigures twice = ServerFigures.sum(List.of(figures, figures));
    assertThat(twice.meanBatch()).isEqualTo(3);
    assertThat(twice.phaseSeconds().get("decode")).isCloseTo(1.5, within(1e-12));
  }
}
