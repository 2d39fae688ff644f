variable "bucket" {
  description = "Name of the bucket; the store is s3://<bucket>/<root>."
  type        = string
}

variable "root" {
  description = "Folder of the store in the bucket, without slashes at its ends."
  type        = string
  default     = "nightreel"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.root))
    error_message = "One name of letters, digits and . _ -, a letter or digit first."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of the cluster's OpenID Connect provider, by whose tokens service accounts take their roles."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:iam::[0-9]{12}:oidc-provider/.+$", var.oidc_provider_arn))
    error_message = "Give the whole ARN: arn:aws:iam::<account>:oidc-provider/<issuer>."
  }
}

variable "namespace" {
  description = "Kubernetes namespace of the service accounts."
  type        = string
  default     = "nightreel"
}

variable "replaced_days" {
  description = "Days for which replaced and deleted objects can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.replaced_days >= 7
    error_message = "Readers of an older catalog snapshot have a week; keep as long at least."
  }
}

variable "log_days" {
  description = "Days for which Airflow's task logs are kept."
  type        = number
  default     = 90
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
