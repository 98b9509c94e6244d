package org.viditq.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnswersTest {
  @Test
  void percentilesAreTimesThatAnswersHad() {
    Answers answers = new Answers();
    assertThat(answers.percentile(99)).isZero();
    for (int i = 200; i >= 1; i--) {
      answers.add(i, "");
    }
    answers.add(1000, "429");
    answers.add(1000, "429");
    answers.add(1000, "connection");
    answers.end(50);
    assertThat(answers.percentile(50)).isEqualTo(100);
    assertThat(answers.percentile(95)).isEqualTo(190);
    assertThat(answers.percentile(99)).isEqualTo(198);
    assertThat(answers.percentile(100)).isEqualTo(200);
    assertThat(answers.throughput()).isEqualTo(4);
    assertThat(answers.errors()).isEqualTo(3);
  }

  @Test
  void turnsAreAddedUp() {
    Answers all = new Answers();
    for (int turn = 0; turn < 2; turn++) {
      Answers one = new Answers();
      one.add(1 + turn, "");
      one.end(2);
      all.add(one);
    }
    assertThat(all.pictures()).isEqualTo(2);
    assertThat(all.percentile(100)).isEqualTo(2);
    assertThat(all.throughput()).isEqualTo(0.5);
  }
}
