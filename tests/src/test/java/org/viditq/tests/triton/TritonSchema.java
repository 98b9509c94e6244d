package org.viditq.tests.triton;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;

/**
 * The part of Triton's {@code ModelConfig} that configurations here use: names, numbers and types
 * of fields as its published schema has them. What is not in it does not parse.
 */
final class TritonSchema {
  private static final String ENSEMBLING = "ModelEnsembling.";
  private static final Descriptor CONFIG = config();

  private TritonSchema() {}

  static DynamicMessage parse(String text) throws TextFormat.ParseException {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(CONFIG);
    TextFormat.getParser().merge(text, message);
    return message.build();
  }

  private static Descriptor config() {
    EnumDescriptorProto types =
        values(
            "DataType",
            "TYPE_INVALID",
            "TYPE_BOOL",
            "TYPE_UINT8",
            "TYPE_UINT16",
            "TYPE_UINT32",
            "TYPE_UINT64",
            "TYPE_INT8",
            "TYPE_INT16",
            "TYPE_INT32",
            "TYPE_INT64",
            "TYPE_FP16",
            "TYPE_FP32",
            "TYPE_FP64",
            "TYPE_STRING",
            "TYPE_BF16");
    DescriptorProto input =
        DescriptorProto.newBuilder()
            .setName("ModelInput")
            .addField(field("name", 1, Type.TYPE_STRING))
            .addField(named("data_type", 2, Type.TYPE_ENUM, "DataType"))
            .addField(repeated(field("dims", 4, Type.TYPE_INT64)))
            .build();
    DescriptorProto output =
        DescriptorProto.newBuilder()
            .setName("ModelOutput")
            .addField(field("name", 1, Type.TYPE_STRING))
            .addField(named("data_type", 2, Type.TYPE_ENUM, "DataType"))
            .addField(repeated(field("dims", 3, Type.TYPE_INT64)))
            .build();
    DescriptorProto group =
        DescriptorProto.newBuilder()
            .setName("ModelInstanceGroup")
            .addEnumType(values("Kind", "KIND_AUTO", "KIND_GPU", "KIND_CPU", "KIND_MODEL"))
            .addField(named("kind", 4, Type.TYPE_ENUM, "ModelInstanceGroup.Kind"))
            .addField(field("count", 2, Type.TYPE_INT32))
            .build();
    DescriptorProto operations =
        DescriptorProto.newBuilder()
            .setName("ModelOperations")
            .addField(repeated(field("op_library_filename", 1, Type.TYPE_STRING)))
            .build();
    DescriptorProto step =
        DescriptorProto.newBuilder()
            .setName("Step")
            .addNestedType(mapEntry("InputMapEntry"))
            .addNestedType(mapEntry("OutputMapEntry"))
            .addField(field("model_name", 1, Type.TYPE_STRING))
            .addField(field("model_version", 2, Type.TYPE_INT64))
            .addField(
                repeated(
                    named("input_map", 3, Type.TYPE_MESSAGE, ENSEMBLING + "Step.InputMapEntry")))
            .addField(
                repeated(
                    named("output_map", 4, Type.TYPE_MESSAGE, ENSEMBLING + "Step.OutputMapEntry")))
            .build();
    DescriptorProto ensembling =
        DescriptorProto.newBuilder()
            .setName("ModelEnsembling")
            .addNestedType(step)
            .addField(repeated(named("step", 1, Type.TYPE_MESSAGE, ENSEMBLING + "Step")))
            .build();
    DescriptorProto config =
        DescriptorProto.newBuilder()
            .setName("ModelConfig")
            .addField(field("name", 1, Type.TYPE_STRING))
            .addField(field("platform", 2, Type.TYPE_STRING))
            .addField(named("ensemble_scheduling", 15, Type.TYPE_MESSAGE, "ModelEnsembling"))
            .addField(field("backend", 17, Type.TYPE_STRING))
            .addField(field("max_batch_size", 4, Type.TYPE_INT32))
            .addField(repeated(named("input", 5, Type.TYPE_MESSAGE, "ModelInput")))
            .addField(repeated(named("output", 6, Type.TYPE_MESSAGE, "ModelOutput")))
            .addField(repeated(named("instance_group", 7, Type.TYPE_MESSAGE, "ModelInstanceGroup")))
            .addField(field("default_model_filename", 8, Type.TYPE_STRING))
            .addField(named("model_operations", 18, Type.TYPE_MESSAGE, "ModelOperations"))
            .build();
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("model_config.proto")
            .setPackage("inference")
            .setSyntax("proto3")
            .addEnumType(types)
            .addMessageType(input)
            .addMessageType(output)
            .addMessageType(group)
            .addMessageType(operations)
            .addMessageType(ensembling)
            .addMessageType(config)
            .build();
    try {
      return FileDescriptor.buildFrom(file, new FileDescriptor[0])
          .findMessageTypeByName("ModelConfig");
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As {@code map<string, string>} is declared. */
  private static DescriptorProto mapEntry(String name) {
    return DescriptorProto.newBuilder()
        .setName(name)
        .addField(field("key", 1, Type.TYPE_STRING))
        .addField(field("value", 2, Type.TYPE_STRING))
        .setOptions(MessageOptions.newBuilder().setMapEntry(true))
        .build();
  }

  private static FieldDescriptorProto field(String name, int number, Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(Label.LABEL_OPTIONAL)
        .build();
  }

  private static FieldDescriptorProto named(String name, int number, Type type, String of) {
    return field(name, number, type).toBuilder().setTypeName(".inference." + of).build();
  }

  private static FieldDescriptorProto repeated(FieldDescriptorProto field) {
    return field.toBuilder().setLabel(Label.LABEL_REPEATED).build();
  }

  private static EnumDescriptorProto values(String name, String... values) {
    EnumDescriptorProto.Builder all = EnumDescriptorProto.newBuilder().setName(name);
    for (int i = 0; i < values.length; i++) {
      all.addValue(EnumValueDescriptorProto.newBuilder().setName(values[i]).setNumber(i));
    }
    return all.build();
  }
}
