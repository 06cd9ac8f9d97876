{{/*
The configuration that instances get: values `config`, with what the chart knows where it says
nothing. As YAML.
*/}}
{{- define "baton.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $server := dict "address" "[::]:9002" -}}
{{- if .Values.tls.existingSecret -}}
{{- $tls := dict "certFile" "/etc/baton-tls/tls.crt" "keyFile" "/etc/baton-tls/tls.key" -}}
{{- if .Values.tls.clientCertificates -}}
{{- $_ := set $tls "clientCaFile" "/etc/baton-tls/ca.crt" -}}
{{- end -}}
{{- $_ := set $server "tls" $tls -}}
{{- else if .Values.tls.selfSigned -}}
{{- $_ := set $server "tls" (dict "selfSigned" true) -}}
{{- end -}}
{{- if $server.tls -}}
{{/* Kubernetes' gRPC probes speak no TLS. */}}
{{- $_ := set $server "healthAddress" "[::]:9003" -}}
{{- end -}}
{{- $etcd := dict -}}
{{- if .Values.etcd.trial.enabled -}}
{{- $_ := set $etcd "endpoints" (list (include "baton.trialUrl" .)) -}}
{{- end -}}
{{- if .Values.etcd.existingSecret -}}
{{- $_ := set $etcd "passwordFile" "/etc/baton-etcd/password" -}}
{{- end -}}
{{- if .Values.etcd.tlsSecret -}}
{{- $tls := dict "caFile" "/etc/baton-etcd-tls/ca.crt" -}}
{{- if .Values.etcd.clientCertificate -}}
{{- $_ := set $tls "certFile" "/etc/baton-etcd-tls/tls.crt" -}}
{{- $_ := set $tls "keyFile" "/etc/baton-etcd-tls/tls.key" -}}
{{- end -}}
{{- $_ := set $etcd "tls" $tls -}}
{{- end -}}
{{- $added := dict "server" $server -}}
{{- if $etcd -}}
{{- $_ := set $added "etcd" $etcd -}}
{{- end -}}
{{- if .Values.metrics.enabled -}}
{{- $_ := set $added "admin" (dict "address" "[::]:9090") -}}
{{- end -}}
{{- $source := dig "pool" "kubernetes" dict $config -}}
{{- if or $source .Values.inferencePool.create -}}
{{/* Zones of nodes take a right in the whole cluster, so they are asked for. */}}
{{- $cluster := dict "nodeZones" false -}}
{{- if not $source -}}
{{- $_ := set $cluster "inferencePool" (include "baton.inferencePoolName" .) -}}
{{- end -}}
{{- $_ := set $added "pool" (dict "kubernetes" $cluster) -}}
{{- end -}}
{{- $config = mergeOverwrite $added $config -}}
{{- $pool := default dict $config.pool -}}
{{- if not (or $pool.endpoints $pool.file $pool.etcd $pool.kubernetes) -}}
{{- fail "config.pool: say where your pods are: kubernetes.selector and ports, kubernetes.inferencePool, etcd: true, endpoints or file" -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (not (dig "etcd" "endpoints" false $config)) -}}
{{- fail "replicas: more than one instance need etcd, through which they know each other's load: config.etcd.endpoints, or etcd.trial.enabled" -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "baton.trialUrl" -}}
{{- printf "http://%s-etcd.%s.svc:2379" (include "baton.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* Seconds: drain.graceMs, rounded up, and what the end takes after it. */}}
{{- define "baton.graceSeconds" -}}
{{- $graceMs := dig "drain" "graceMs" 30000 .Values.config | int -}}
{{- add (div (add $graceMs 999) 1000) .Values.rollout.extraGraceSeconds -}}
{{- end -}}

{{- define "baton.grpcPort" -}}
{{- $config := include "baton.config" . | fromYaml -}}
{{- regexFind "[0-9]+$" $config.server.address -}}
{{- end -}}

{{/* The port of plain gRPC health, where there is one of its own. */}}
{{- define "baton.healthPort" -}}
{{- $config := include "baton.config" . | fromYaml -}}
{{- dig "healthAddress" "" $config.server | regexFind "[0-9]+$" -}}
{{- end -}}

{{/* A port for each worker, one after the other, where the admin port is open. As JSON. */}}
{{- define "baton.adminPorts" -}}
{{- $ports := list -}}
{{- if .Values.metrics.enabled -}}
{{- $config := include "baton.config" . | fromYaml -}}
{{- $first := regexFind "[0-9]+$" $config.admin.address | int -}}
{{- range $nth := until (dig "server" "workers" 1 $config | int) -}}
{{- $name := ternary "admin" (printf "admin-%d" $nth) (eq $nth 0) -}}
{{- $ports = append $ports (dict "name" $name "port" (add $first $nth)) -}}
{{- end -}}
{{- end -}}
{{- dict "ports" $ports | toJson -}}
{{- end -}}
