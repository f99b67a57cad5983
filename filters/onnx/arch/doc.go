// Package arch owns the graphs of networks whose checkpoints have none: which layers a network
// has, in tables, and the names and shapes of its tensors. It never reads a tensor's values.
//
// A file that torch.save has written holds a network's tensors by name and not how they are used.
// The tables are facts about published networks: torchvision's naming
// (https://github.com/pytorch/vision/tree/main/torchvision/models), facenet-pytorch's MTCNN,
// efficientnet-lite0 and waifu2x's VGG7. A checkpoint fits a network if it has all of its tensors
// in their shapes and no others.
package arch
