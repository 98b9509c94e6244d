package org.viditq.serve.work;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.PromptEncoders;
import org.viditq.core.pipeline.ResidentParts;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;
import org.viditq.serve.metrics.ServerMetrics;
import org.viditq.serve.metrics.ServerMetrics.Phase;
import org.viditq.serve.model.EncodedPromptCache;
import org.viditq.serve.model.LoadedDenoiser;
import org.viditq.serve.model.ResidentModels;

/**
 * Makes the pictures of one batch: encodes the prompts that are not cached, samples all together,
 * decodes all together. Where a part fails for the batch, it is done task by task, and only those
 * fail that fail by themselves.
 */
final class BatchRun {
  private final List<Task> tasks;
  private final ResidentModels models;
  private final EncodedPromptCache cache;
  private final ServerMetrics metrics;
  private final ExecutorService samplings;

  /**
   * @param tasks of one {@link Task.BatchKey}
   * @param samplings has a thread for each
   */
  BatchRun(
      List<Task> tasks,
      ResidentModels models,
      EncodedPromptCache cache,
      ServerMetrics metrics,
      ExecutorService samplings) {
    this.tasks = tasks;
    this.models = models;
    this.cache = cache;
    this.metrics = metrics;
    this.samplings = samplings;
  }

  /** Completes or fails every task. */
  void run() {
    metrics.batch(tasks.size());
    tasks.forEach(task -> metrics.time(Phase.WAIT, task.age()));
    long start = System.nanoTime();
    Map<Task, EncodedPrompts> encoded = encode();
    start = lap(Phase.ENCODE, start);
    if (encoded.isEmpty()) {
      return;
    }
    Task.Order order = tasks.get(0).order();
    try (BatchDecoder decoder = new BatchDecoder(models, order)) {
      Map<Task, Tensor> latents = sample(encoded, decoder, start);
      start = System.nanoTime();
      latents.keySet().removeIf(Task::isGivenUp);
      if (!latents.isEmpty()) {
        decode(latents, decoder);
        lap(Phase.DECODE, start);
      }
    }
  }

  private Map<Task, Tensor> sample(
      Map<Task, EncodedPrompts> encoded, BatchDecoder decoder, long begun) {
    Task.Order order = tasks.get(0).order();
    boolean resident = models.holdsDenoiser(order.model(), order.plan());
    try (ResidentParts.Lease<LoadedDenoiser> lease = models.denoiser(order.model(), order.plan())) {
      long start = resident ? System.nanoTime() : lap(Phase.LOAD, begun);
      Denoiser denoiser = lease.part().denoiser();
      Map<Task, Tensor> latents =
          encoded.size() == 1
              ? alone(encoded, denoiser, decoder)
              : together(encoded, denoiser, decoder);
      lap(Phase.SAMPLE, start);
      return latents;
    }
  }

  private long lap(Phase phase, long start) {
    long now = System.nanoTime();
    metrics.time(phase, now - start);
    return now;
  }

  private Map<Task, EncodedPrompts> encode() {
    String model = tasks.get(0).order().model().name();
    Map<String, List<Task>> missing = new LinkedHashMap<>();
    Map<Task, EncodedPrompts> encoded = new LinkedHashMap<>();
    for (Task task : tasks) {
      Task.Order order = task.order();
      cache
          .find(model, order.prompt(), order.negativePrompt())
          .ifPresentOrElse(
              found -> encoded.put(task, found),
              () ->
                  missing
                      .computeIfAbsent(order.negativePrompt(), unseen -> new ArrayList<>())
                      .add(task));
      metrics.cache("prompts", encoded.containsKey(task));
    }
    if (!missing.isEmpty()) {
      Task.Order order = tasks.get(0).order();
      try (ResidentParts.Lease<PromptEncoders> lease =
          models.encoders(order.model(), order.plan())) {
        missing.forEach((negative, group) -> encode(lease.part(), negative, group, encoded));
      }
    }
    return encoded;
  }

  private void encode(
      PromptEncoders encoders,
      String negative,
      List<Task> group,
      Map<Task, EncodedPrompts> encoded) {
    List<String> prompts = group.stream().map(task -> task.order().prompt()).distinct().toList();
    EncodedPrompts together;
    try {
      together = encoders.encode(prompts, negative, ProgressListener.NONE);
    } catch (RuntimeException | Error failure) {
      if (prompts.size() == 1) {
        group.forEach(task -> task.fail(Failures.of(failure)));
      } else {
        group.stream()
            .collect(Collectors.groupingBy(task -> task.order().prompt()))
            .values()
            .forEach(alike -> encode(encoders, negative, alike, encoded));
      }
      return;
    }
    for (int i = 0; i < prompts.size(); i++) {
      String prompt = prompts.get(i);
      EncodedPrompts one = together.select(List.of(i));
      cache.put(group.get(0).order().model().name(), prompt, negative, one);
      group.stream()
          .filter(task -> task.order().prompt().equals(prompt))
          .forEach(task -> encoded.put(task, one));
    }
  }

  private Map<Task, Tensor> alone(
      Map<Task, EncodedPrompts> encoded, Denoiser denoiser, BatchDecoder decoder) {
    Map<Task, Tensor> latents = new LinkedHashMap<>();
    encoded.forEach(
        (task, prompts) -> {
          try {
            latents.put(task, sample(task, prompts, denoiser, decoder));
          } catch (RuntimeException | Error failure) {
            task.fail(Failures.of(failure));
          }
        });
    return latents;
  }

  private Map<Task, Tensor> together(
      Map<Task, EncodedPrompts> encoded, Denoiser denoiser, BatchDecoder decoder) {
    SharedDenoiser shared = new SharedDenoiser(denoiser, encoded.size());
    Map<Task, Future<Tensor>> running = new LinkedHashMap<>();
    encoded.forEach(
        (task, prompts) -> {
          Denoiser member = shared.member();
          try {
            running.put(
                task,
                samplings.submit(
                    () -> {
                      try (member) {
                        return sample(task, prompts, member, decoder);
                      }
                    }));
          } catch (RuntimeException | Error noThread) {
            member.close();
            task.fail(Failures.of(noThread));
          }
        });
    shared.evaluate();
    Map<Task, Tensor> latents = new LinkedHashMap<>();
    running.forEach(
        (task, sampling) -> {
          try {
            latents.put(task, sampling.get());
          } catch (Exception failed) {
            task.fail(Failures.of(failed.getCause() == null ? failed : failed.getCause()));
          }
        });
    return latents;
  }

  private static Tensor sample(
      Task task, EncodedPrompts prompts, Denoiser denoiser, BatchDecoder decoder) {
    return task.order()
        .pipeline()
        .sample(
            task.order().request(),
            prompts,
            denoiser,
            new TaskListener(task, decoder),
            ProgressListener.NONE);
  }

  private void decode(Map<Task, Tensor> latents, BatchDecoder decoder) {
    List<Task> all = List.copyOf(latents.keySet());
    GenerationRequest request = all.get(0).order().request();
    try {
      List<Clip> clips = decoder.decode(joined(List.copyOf(latents.values())), request);
      for (int i = 0; i < all.size(); i++) {
        all.get(i).complete(clips.get(i));
      }
      metrics.pictures(all.size());
    } catch (RuntimeException | Error failure) {
      if (all.size() == 1) {
        all.get(0).fail(Failures.of(failure));
      } else {
        latents.forEach((task, alone) -> decode(Map.of(task, alone), decoder));
      }
    }
  }

  private static Tensor joined(List<Tensor> latents) {
    int[] dims = latents.get(0).shape().toArray();
    dims[0] = latents.size();
    Tensor all = Tensor.zeros(dims);
    for (int i = 0; i < latents.size(); i++) {
      Tensor one = latents.get(i);
      System.arraycopy(one.data(), 0, all.data(), i * one.size(), one.size());
    }
    return all;
  }

  /** Gives a task up when it is not wanted, and shows how far it is. */
  private record TaskListener(Task task, BatchDecoder decoder) implements SamplingListener {
    @Override
    public void beforeDenoising(int step, DenoiserInput input) {
      task.requireWanted();
    }

    @Override
    public void predicted(int step, Supplier<Tensor> clean) {
      GenerationRequest request = task.order().request();
      task.watcher()
          .step(
              step + 1,
              request.steps(),
              () -> decoder.decode(firstFrame(clean.get()), request).get(0).frame(0));
    }

    /** Of [1, C, T, h, w]; pictures as they are. */
    private static Tensor firstFrame(Tensor latents) {
      if (latents.shape().rank() == 4) {
        return latents;
      }
      int channels = latents.dim(1);
      int plane = latents.dim(3) * latents.dim(4);
      float[] values = new float[channels * plane];
      for (int c = 0; c < channels; c++) {
        System.arraycopy(latents.data(), c * latents.dim(2) * plane, values, c * plane, plane);
      }
      return Tensor.of(values, 1, channels, 1, latents.dim(3), latents.dim(4));
    }
  }
}
