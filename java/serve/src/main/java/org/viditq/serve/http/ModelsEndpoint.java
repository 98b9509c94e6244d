package org.viditq.serve.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.Optional;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.serve.model.ModelCatalog;
import org.viditq.serve.model.ServedModel;

/** {@code GET /v1/models}: OpenAI's fields, and under {@code viditq} what can be asked for. */
final class ModelsEndpoint {
  private final ModelCatalog catalog;
  private final RequestLimits limits;
  private final long started = Instant.now().getEpochSecond();

  ModelsEndpoint(ModelCatalog catalog, RequestLimits limits) {
    this.catalog = catalog;
    this.limits = limits;
  }

  void list(Context context) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("object", "list");
    ArrayNode data = root.putArray("data");
    catalog.models().forEach(model -> data.add(describe(model)));
    Json.send(context, root);
  }

  void get(Context context) {
    Json.send(context, describe(catalog.find(Optional.of(context.pathParam("model")))));
  }

  private ObjectNode describe(ServedModel model) {
    DiffusionPipeline pipeline = model.pipeline(model.defaultPlan(), Optional.empty());
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("id", model.name());
    node.put("object", "model");
    node.put("created", started);
    node.put("owned_by", "viditq");
    ObjectNode own = node.putObject("viditq");
    own.put("kind", model.makesClips() ? "video" : "image");
    own.put("family", pipeline.model().family());
    own.put("width", pipeline.defaultWidth());
    own.put("height", pipeline.defaultHeight());
    own.put("width_multiple", pipeline.grid().pixelsPerPatchColumn());
    own.put("height_multiple", pipeline.grid().pixelsPerPatchRow());
    own.put("frames", pipeline.defaultFrames());
    own.put("fps", model.samplingDefaults().framesPerSecond());
    own.put("steps", model.samplingDefaults().steps());
    own.put("guidance", model.samplingDefaults().guidanceScale());
    own.put("plan", model.defaultPlan());
    own.put("cache", model.defaultCache());
    ArrayNode plans = own.putArray("plans");
    model.plans().forEach(plans::add);
    ArrayNode schedulers = own.putArray("schedulers");
    SchedulerFactory.names().forEach(schedulers::add);
    own.put("max_n", limits.pictures());
    own.put("max_steps", limits.steps());
    own.put("max_pixels", limits.pixels());
    own.put("max_prompt_characters", limits.promptCharacters());
    return node;
  }
}
