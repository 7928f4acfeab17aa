//! Which images a bundle's pods run.

use serde_json::Value;

use super::Bundle;
use crate::object::Object;
use crate::spec::image::Image;

impl Bundle {
    /// The images of all containers of its workload's pods, each once.
    pub fn images(&self) -> Vec<Image> {
        let workload = self.objects.iter();
        let workload = workload.filter(|object| self.workload.as_ref() == Some(object.identity()));
        let mut images = Vec::new();
        for image in workload.flat_map(written) {
            if !images.contains(&image) {
                images.push(image);
            }
        }
        images
    }
}

fn written(workload: &Object) -> Vec<Image> {
    let pod = match workload.kind() {
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    let containers = ["initContainers", "containers"].into_iter();
    let containers = containers
        .filter_map(|list| workload.at(&format!("{pod}/{list}"))?.as_array())
        .flatten();
    let images = containers.filter_map(|container| container.get("image").and_then(Value::as_str));
    // What was compiled has the form of images.
    images.filter_map(|image| image.parse().ok()).collect()
}
