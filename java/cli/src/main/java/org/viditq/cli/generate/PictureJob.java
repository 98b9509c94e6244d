package org.viditq.cli.generate;

import java.util.ArrayList;
import java.util.List;
import org.viditq.cli.option.Seed;

/**
 * One picture to make.
 *
 * @param prompt index of its prompt, from 0
 * @param text of the prompt
 * @param seed of its initial noise
 */
public record PictureJob(int prompt, String text, Seed seed) {
  /** Every prompt with every seed, prompt by prompt. */
  static List<PictureJob> product(List<String> prompts, List<Seed> seeds) {
    List<PictureJob> jobs = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      for (Seed seed : seeds) {
        jobs.add(new PictureJob(i, prompts.get(i), seed));
      }
    }
    return jobs;
  }
}
