/**
 * JMH benchmarks of the operator contract at the shapes of the sample model pixart-mini: 64 tokens,
 * hidden 192, 6 heads, MLP 768, batch 2 for classifier-free guidance.
 *
 * <p>From the project root: {@code mvn -q -B -pl bench -am package -DskipTests && java -jar
 * bench/target/benchmarks.jar}; add a regular expression to choose, {@code -rf json} for JSON.
 */
package org.viditq.bench;
