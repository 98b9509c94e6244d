package org.viditq.serve.model;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.serve.error.ApiException;

/**
 * The models that are served.
 *
 * @param models at least one; the first is the one of requests that name none
 */
public record ModelCatalog(List<ServedModel> models) {
  public ModelCatalog {
    models = List.copyOf(models);
    if (models.stream().map(ServedModel::name).distinct().count() < models.size()) {
      throw new UsageException(
          "Two models have the same name; name them apart with --model NAME=DIR.");
    }
  }

  /**
   * @param name as a request gives it; empty for the first model
   * @throws ApiException if there is none
   */
  public ServedModel find(Optional<String> name) {
    if (name.isEmpty()) {
      return models.get(0);
    }
    return models.stream()
        .filter(model -> model.name().equals(name.get()))
        .findFirst()
        .orElseThrow(
            () ->
                ApiException.modelNotFound(
                    "There is no model "
                        + Printable.name(name.get())
                        + " here; take "
                        + models.stream().map(ServedModel::name).collect(Collectors.joining(" or "))
                        + "."));
  }
}
