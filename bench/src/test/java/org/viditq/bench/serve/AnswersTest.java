package org.viditq.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswersTest {
  @Test
  void percentilesAreTimesThatPicturesTook() {
    Answers answers = new Answers();
    assertThat(answers.percentile(99)).isZero();
    for (int i = 200; i >= 1; i--) {
      answers.picture(i, i, "hash");
    }
    answers.error("429");
    answers.error("429");
    answers.error("connection");
    answers.end(50);
    assertThat(answers.percentile(50)).isEqualTo(100);
    assertThat(answers.percentile(95)).isEqualTo(190);
    assertThat(answers.percentile(99)).isEqualTo(198);
    assertThat(answers.percentile(100)).isEqualTo(200);
    assertThat(answers.throughput()).isEqualTo(4);
    assertThat(answers.errorsByKind()).containsExactly(entry("429", 2), entry("connection", 1));
  }

  @Test
  void turnsAreAddedUp() {
    Answers all = new Answers();
    for (int turn = 0; turn < 2; turn++) {
      Answers one = new Answers();
      one.picture(7, 1 + turn, "hash");
      one.end(2);
      all.add(one);
    }
    assertThat(all.pictures()).isEqualTo(2);
    assertThat(all.answered()).containsExactly(7);
    assertThat(all.percentile(100)).isEqualTo(2);
    assertThat(all.throughput()).isEqualTo(0.5);
  }

  @Test
  void whatBecameNothingIsLost() {
    Answers answers = new Answers();
    for (int request = 0; request < 5; request++) {
      answers.sent();
    }
    answers.picture(0, 1, "hash");
    answers.error("500");
    answers.left();
    assertThat(answers.lost()).isEqualTo(2);
  }

  @Test
  void picturesOfOthersAreWrong() {
    Answers answers = new Answers();
    answers.picture(0, 1, "a");
    answers.picture(1, 1, "b");
    answers.picture(2, 1, "c");
    assertThat(answers.wrong(Map.of(0, "a", 1, "b", 2, "c"))).isZero();
    assertThat(answers.wrong(Map.of(0, "b", 1, "b"))).isEqualTo(2);
  }
}
