package org.viditq.serve.work;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * One denoiser for several samplings that advance in step: each runs on a thread of its own, with
 * its own scheduler, latents and noise, as if it were alone, and what they ask the denoiser comes
 * together here.
 *
 * <pre>
 *   sampling 1  predict ──┐                       ┌── rows of 1
 *   sampling 2  predict ──┼── one evaluation of ──┼── rows of 2
 *   sampling 3  predict ──┘   all rows together   └── rows of 3
 * </pre>
 *
 * <p>A denoiser treats the samples of a batch apart from each other, so a sampling has the same
 * result as alone, whatever its scheduler does. One may leave at any step, and the others go on
 * without its rows. Where an evaluation fails, each sampling's rows are evaluated by themselves, so
 * that only those fail that are to blame.
 */
final class SharedDenoiser {
  private final Denoiser whole;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Question> questions = new ArrayList<>();
  private int members;

  private record Question(DenoiserInput input, CompletableFuture<Tensor> answer) {}

  /**
   * @param members how many samplings there will be
   */
  SharedDenoiser(Denoiser whole, int members) {
    this.whole = whole;
    this.members = members;
  }

  /** What one sampling evaluates; closing it leaves the others alone, and must not be forgotten. */
  Denoiser member() {
    return new Member();
  }

  private final class Member implements Denoiser {
    private boolean left;

    @Override
    public DenoiserModel model() {
      return whole.model();
    }

    @Override
    public Tensor predict(DenoiserInput input) {
      Question question = new Question(input, new CompletableFuture<>());
      lock.lock();
      try {
        questions.add(question);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      try {
        return question.answer().join();
      } catch (CompletionException failed) {
        if (failed.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        if (failed.getCause() instanceof Error error) {
          throw error;
        }
        throw failed;
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (!left) {
          left = true;
          members--;
          changed.signalAll();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** Evaluates on this thread until all samplings have left. */
  void evaluate() {
    while (true) {
      List<Question> all;
      lock.lock();
      try {
        while (questions.size() < members) {
          changed.awaitUninterruptibly();
        }
        if (members == 0) {
          return;
        }
        all = List.copyOf(questions);
        questions.clear();
      } finally {
        lock.unlock();
      }
      alike(all).forEach(this::answer);
    }
  }

  /** Those that can be one evaluation: of the same timestep and extents. */
  private static List<List<Question>> alike(List<Question> all) {
    Map<List<Object>, List<Question>> groups = new LinkedHashMap<>();
    for (Question question : all) {
      List<Object> key = new ArrayList<>(List.of(question.input().timestep()));
      question
          .input()
          .tensors()
          .forEach(
              (name, tensor) -> {
                key.add(name);
                key.add(rowShape(tensor));
              });
      groups.computeIfAbsent(key, unseen -> new ArrayList<>()).add(question);
    }
    return List.copyOf(groups.values());
  }

  private void answer(List<Question> group) {
    Tensor together;
    try {
      together = whole.predict(joined(group.stream().map(question -> question.input()).toList()));
    } catch (RuntimeException | Error failure) {
      if (group.size() == 1) {
        group.get(0).answer().completeExceptionally(failure);
      } else {
        group.forEach(question -> answer(List.of(question)));
      }
      return;
    }
    int row = 0;
    for (Question question : group) {
      int rows = question.input().latents().dim(0);
      question.answer().complete(rows(together, row, rows));
      row += rows;
    }
  }

  private static DenoiserInput joined(List<DenoiserInput> inputs) {
    if (inputs.size() == 1) {
      return inputs.get(0);
    }
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (String name : inputs.get(0).tensors().keySet()) {
      List<Tensor> parts = inputs.stream().map(input -> input.tensors().get(name)).toList();
      // A single timestep is for all samples.
      boolean shared =
          name.equals(InputNames.TIMESTEPS)
              && (parts.get(0).shape().rank() == 0
                  || parts.get(0).dim(0) != inputs.get(0).latents().dim(0));
      all.put(name, shared ? parts.get(0) : concatenated(parts));
    }
    return new DenoiserInput(all);
  }

  private static Tensor concatenated(List<Tensor> parts) {
    int[] dims = parts.get(0).shape().toArray();
    dims[0] = parts.stream().mapToInt(part -> part.dim(0)).sum();
    Tensor all = Tensor.zeros(dims);
    int at = 0;
    for (Tensor part : parts) {
      System.arraycopy(part.data(), 0, all.data(), at, part.size());
      at += part.size();
    }
    return all;
  }

  private static Tensor rows(Tensor all, int first, int count) {
    int row = all.size() / all.dim(0);
    int[] dims = all.shape().toArray();
    dims[0] = count;
    return Tensor.of(
        Shape.of(dims), Arrays.copyOfRange(all.data(), first * row, (first + count) * row));
  }

  private static Shape rowShape(Tensor tensor) {
    int[] dims = tensor.shape().toArray();
    return dims.length == 0 ? tensor.shape() : Shape.of(Arrays.copyOfRange(dims, 1, dims.length));
  }
}
